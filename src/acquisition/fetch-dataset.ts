import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { DatasetError } from "../core/errors.ts";
import { sha256, writeFileAtomically } from "../core/files.ts";
import { encodeJpeg, encodePng16 } from "../images/encode.ts";
import { extractArchive } from "./archive.ts";
import { type CutCell, cutField } from "./cut-field.ts";
import { type FetchArchiveOptions, type FetchedArchive, fetchArchive } from "./fetch-archive.ts";
import type { PublicField, PublicSource } from "./public-sources.ts";

export interface FetchedDataset {
  readonly manifest: string;
  readonly fields: number;
  readonly cells: Readonly<Record<CutCell["label"], number>>;
  readonly license: string;
  readonly archives: readonly { readonly file: string; readonly url: string; readonly sha256: string }[];
}

/** Of the cells' JPEG files. */
const QUALITY = 95;

/**
 * Fetches a public data set into `folder`: `archives/` with checksums, `fields/` with the files that are needed, `cells/` cut by
 * cutField, `masks/` of the cells with micronuclei, `manifest.csv`, `LICENSE.txt`, `ATTRIBUTION.md` and `source.json`. What is
 * there already is used again, so that a broken run goes on.
 *
 * Throws FETCH_FOLDER_IN_USE and the errors of fetchArchive and extractArchive.
 */
export async function fetchDataset(
  source: PublicSource,
  folder: string,
  options: FetchArchiveOptions,
): Promise<FetchedDataset> {
  const manifest = join(folder, "manifest.csv");
  if (existsSync(manifest))
    throw new DatasetError(
      "FETCH_FOLDER_IN_USE",
      `${folder} has a manifest already. Use it, or give --out another folder to cut the cells anew.`,
    );
  const fetched: FetchedArchive[] = [];
  const files: string[] = [];
  const fieldsFolder = join(folder, "fields");
  for (const archive of source.archives) {
    const found = await fetchArchive(archive, join(folder, "archives"), options);
    fetched.push(found);
    files.push(...(await extractArchive(found.path, fieldsFolder, source.keepAs)));
  }
  const fields = source.fieldsIn(fieldsFolder, files).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows: Record<string, string | number>[] = [];
  for (const [index, field] of fields.entries()) {
    options.reportProgress({
      stage: "Cutting fields into cells",
      done: index,
      total: fields.length,
      detail: field.name,
    });
    options.signal?.throwIfAborted();
    rows.push(...(await cutAndWrite(source, field, folder)));
  }
  options.reportProgress({ stage: "Cutting fields into cells", done: fields.length, total: fields.length });
  const count = (label: string) => rows.filter((row) => row.label === label).length;
  const summary: FetchedDataset = {
    manifest,
    fields: fields.length,
    cells: { mn: count("mn"), normal: count("normal"), ambiguous: count("ambiguous") },
    license: source.license,
    archives: source.archives.map((archive, index) => ({ ...archive, sha256: fetched[index]!.sha256 })),
  };
  await writeFileAtomically(join(folder, "LICENSE.txt"), source.licenseText);
  await writeFileAtomically(join(folder, "ATTRIBUTION.md"), source.attribution);
  const provenance = { source: source.name, labels: source.labelProvenance, ...summary, manifest: "manifest.csv" };
  await writeFileAtomically(join(folder, "source.json"), `${JSON.stringify(provenance, null, 2)}\n`);
  // Last: where it exists, everything else does.
  await writeFileAtomically(manifest, stringify(rows, { header: true }));
  return summary;
}

async function cutAndWrite(source: PublicSource, field: PublicField, folder: string) {
  const rows: Record<string, string | number>[] = [];
  for (const cell of cutField(await field.read(), source.labelOf)) {
    const name = `${source.name}_${field.name}_c${String(cell.id).padStart(3, "0")}`;
    const file = `cells/${cell.label}/${name}.jpg`;
    const mask = cell.label === "mn" ? `masks/${name}.png` : "";
    const picture = await encodeJpeg(cell.image, QUALITY);
    await writeFileAtomically(join(folder, file), picture);
    if (mask !== "") await writeFileAtomically(join(folder, mask), await encodePng16(cell.mask));
    rows.push({ file, ...rowOf(cell, field, source), mask, sha256: sha256(picture) });
  }
  return rows;
}

function rowOf(cell: CutCell, field: PublicField, { name, license }: PublicSource): Record<string, string | number> {
  const { own, window } = cell;
  const shown = own.filter(({ share }) => share >= 0.6);
  return {
    label: cell.label,
    mn_count: own.length,
    mn_in_crop: shown.length,
    foreign_mn_in_crop: cell.foreign,
    other_nuclei_in_crop: cell.otherNuclei,
    mn_max_area_px: Math.max(0, ...own.map(({ object }) => object.area)),
    mn_max_contrast: round(Math.max(0, ...own.map(({ contrast }) => contrast)), 3),
    nucleus_area_px: cell.nucleus.area,
    nucleus_solidity: round(cell.solidity, 3),
    nucleus_rel_intensity: round(cell.relativeIntensity, 2),
    snr: round(cell.signalToNoise, 1),
    crop_x: window.left,
    crop_y: window.top,
    crop_side_px: window.width,
    source: name,
    source_file: field.sourceFile,
    field: field.name,
    group: field.group,
    split: field.split ?? "",
    licence: license,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
