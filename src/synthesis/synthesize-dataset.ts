import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { DatasetError, UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import { encodePng, encodePng16 } from "../images/encode.ts";
import { drawAppearance, type FieldAppearance, type Stain, varyAppearance } from "./appearance.ts";
import { drawCell, type SyntheticCell } from "./draw-cell.ts";
import type { HardCase } from "./scene.ts";

export interface SynthesisSettings {
  readonly outFolder: string;
  readonly cells: number;
  /** `both`: every other slide. */
  readonly stain: Stain | "both";
  /** Fields share a look, two fields a slide; the cells are spread evenly over them. At most `cells`. */
  readonly fields: number;
  /** Share of the cells that have micronuclei, 0..1, in every field. */
  readonly prevalence: number;
  readonly seed: number | string;
  /** Pixels of the square pictures. */
  readonly side: number;
}

/** Enough for a split into training, validation and test parts that keeps fields whole. */
export const DEFAULT_FIELDS = 24;

export interface SynthesisSummary {
  readonly cells: number;
  readonly positives: number;
  readonly fields: number;
  readonly manifest: string;
}

/** How often each hard case is drawn, in cells with and without micronuclei alike; half of the cells are none. */
const HARD_CASE_SHARES: readonly (readonly [HardCase, number])[] = [
  ["debris", 0.14],
  ["neighbours", 0.14],
  ["pale", 0.08],
  ["bud", 0.08],
  ["blur", 0.06],
];
const FIELDS_PER_SLIDE = 2;

/** One cell to draw, before anything of it is drawn. */
interface PlannedCell {
  readonly id: string;
  readonly field: string;
  readonly slide: string;
  readonly appearance: FieldAppearance;
  readonly micronuclei: number;
  readonly hardCase: HardCase | undefined;
}

/**
 * Draws a data set of single cells: `images/mn` and `images/normal`, instance masks in `masks/micronuclei` and
 * `masks/nuclei` (16-bit), `parameters.jsonl` (all that was drawn, a line a cell) and, last, `manifest.csv`. Equal
 * settings give equal bytes.
 *
 * Throws SYNTHESIS_FIELDS for more fields than cells and SYNTHESIS_FOLDER_IN_USE for a folder that holds files already.
 */
export async function synthesizeDataset(
  settings: SynthesisSettings,
  reportProgress: ReportProgress = ignoreProgress,
): Promise<SynthesisSummary> {
  const { outFolder, cells, fields, side, seed } = settings;
  if (fields > cells)
    throw new UsageError(
      "SYNTHESIS_FIELDS",
      `${fields} fields cannot share ${cells} cells: each needs one at least. Ask for more --cells or fewer --fields.`,
    );
  await prepareFolders(outFolder);
  const stream = new RandomStream(seed);
  const rows: Record<string, string | number>[] = [];
  const parameters: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  for (const [index, plan] of planCells(stream, settings).entries()) {
    const cell = drawCell(stream.fork(plan.id), { ...plan, side });
    const row = manifestRow(plan);
    await writing;
    writing = writeCell(outFolder, row, cell);
    rows.push(row);
    parameters.push(`${JSON.stringify({ id: plan.id, ...cell.parameters })}\n`);
    reportProgress({ stage: "drawing cells", done: index + 1, total: cells });
  }
  await writing;
  await writeFileAtomically(join(outFolder, "parameters.jsonl"), parameters.join(""));
  const manifest = join(outFolder, "manifest.csv");
  await writeFileAtomically(manifest, stringify(rows, { header: true }));
  return { cells, positives: rows.filter(({ label }) => label === "mn").length, fields, manifest };
}

function planCells(stream: RandomStream, { cells, fields, stain, prevalence }: SynthesisSettings): PlannedCell[] {
  const share = (field: number): number => Math.floor((field * cells) / fields);
  return Array.from({ length: fields }, (_, field) => {
    const slide = Math.floor(field / FIELDS_PER_SLIDE);
    const slideStain = stain === "both" ? (["giemsa", "dapi"] as const)[slide % 2]! : stain;
    const slideLook = drawAppearance(stream.fork(`slide ${slide}`), slideStain);
    const fieldStream = stream.fork(`field ${field}`);
    const appearance = varyAppearance(fieldStream, slideLook);
    const [first, end] = [share(field), share(field + 1)];
    // Rounding the running total keeps the prevalence exact over all fields, and close in each.
    const positives = Math.round(end * prevalence) - Math.round(first * prevalence);
    const hasMicronuclei = fieldStream.shuffle(Array.from({ length: end - first }, (_, index) => index < positives));
    return hasMicronuclei.map((positive, index) => ({
      id: `cell-${numbered(first + index, 5)}`,
      field: `field-${numbered(field, 3)}`,
      slide: `slide-${numbered(slide, 3)}`,
      appearance,
      micronuclei: positive ? drawCount(fieldStream) : 0,
      hardCase: drawHardCase(fieldStream),
    }));
  }).flat();
}

/** "00001" for index 0. */
function numbered(index: number, digits: number): string {
  return String(index + 1).padStart(digits, "0");
}

/** One micronucleus in three of four positive cells; three are rare. */
function drawCount(stream: RandomStream): number {
  const chance = stream.uniform();
  if (chance < 0.75) return 1;
  return chance < 0.94 ? 2 : 3;
}

function drawHardCase(stream: RandomStream): HardCase | undefined {
  let chance = stream.uniform();
  for (const [hardCase, share] of HARD_CASE_SHARES) {
    if (chance < share) return hardCase;
    chance -= share;
  }
  return undefined;
}

function manifestRow({ id, field, slide, appearance, micronuclei, hardCase }: PlannedCell) {
  const label = micronuclei > 0 ? "mn" : "normal";
  return {
    file: `images/${label}/${id}.png`,
    label,
    mn_count: micronuclei,
    field,
    slide,
    id,
    stain: appearance.stain,
    hard_case: hardCase ?? "none",
    mask: `masks/micronuclei/${id}.png`,
    nucleus_mask: `masks/nuclei/${id}.png`,
  };
}

async function prepareFolders(outFolder: string): Promise<void> {
  await mkdir(outFolder, { recursive: true });
  const found = await readdir(outFolder);
  if (found.length > 0)
    throw new DatasetError(
      "SYNTHESIS_FOLDER_IN_USE",
      `The folder "${outFolder}" holds ${found.length} files or folders already, such as "${found[0]}". ` +
        "Drawn cells must not mix with others: give a new or empty folder.",
    );
  for (const folder of ["images/mn", "images/normal", "masks/micronuclei", "masks/nuclei"])
    await mkdir(join(outFolder, folder), { recursive: true });
}

async function writeCell(
  outFolder: string,
  row: ReturnType<typeof manifestRow>,
  { image, micronucleusMask, nucleusMask }: SyntheticCell,
): Promise<void> {
  const [picture, micronuclei, nuclei] = await Promise.all([
    encodePng(image),
    encodePng16(micronucleusMask),
    encodePng16(nucleusMask),
  ]);
  await Promise.all([
    writeFile(join(outFolder, row.file), picture),
    writeFile(join(outFolder, row.mask), micronuclei),
    writeFile(join(outFolder, row.nucleus_mask), nuclei),
  ]);
}
