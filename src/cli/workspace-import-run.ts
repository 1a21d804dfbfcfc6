import { stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { MicronucleiError } from "../core/errors.ts";
import { sha256OfFile } from "../core/files.ts";
import { findImages } from "../images/list.ts";
import { readModel } from "../scoring/model.ts";
import { readCellTable } from "../workspace/cell-table.ts";
import { type ImportOutcome, type ImportRequest, type IncomingCell, importCells } from "../workspace/import-cells.ts";
import { ensureSample } from "../workspace/samples.ts";
import { ensureScoring, type Scoring } from "../workspace/scorings.ts";
import type { Study } from "../workspace/study.ts";
import { listsCells, readStudyTable, type SampleDetails, sampleNamed } from "../workspace/study-table.ts";
import { isTableName, openTable } from "../workspace/table-file.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Console } from "./console.ts";
import { versionOfPackage } from "./version.ts";
import type { ImportOptions } from "./workspace-import.ts";
import { authorOf, codeStream } from "./workspace-options.ts";

/** One run of `mn study import`. */
export class StudyImport {
  readonly #workspace: Workspace;
  readonly #study: Study;
  readonly #options: ImportOptions;
  readonly #console: Console;
  readonly #who: string;
  readonly #codes;
  #outcome: ImportOutcome = { added: 0, known: 0, duplicates: 0 };

  constructor(workspace: Workspace, study: Study, options: ImportOptions, console: Console) {
    this.#workspace = workspace;
    this.#study = study;
    this.#options = options;
    this.#console = console;
    this.#who = authorOf(options);
    this.#codes = codeStream(options.seed);
  }

  async import(source: string): Promise<ImportOutcome> {
    const { sample: name, slide } = this.#options;
    const sample = name === undefined ? null : sampleNamed(name);
    if (!isTableName(source)) await this.#importFolder(source, requireSample(sample, source), slide);
    else if (listsCells(await openTable(source))) await this.#importCellTable(source, sample, slide);
    else await this.#importStudyTable(source);
    return this.#outcome;
  }

  async #importStudyTable(path: string): Promise<void> {
    const rows = await readStudyTable(await openTable(path));
    for (const { sample, slide, cells } of rows) {
      const source = cells === null ? null : join(dirname(path), cells);
      if (source === null) await this.#addSample(sample);
      else if (isTableName(source)) await this.#importCellTable(source, sample, slide);
      else await this.#importFolder(source, sample, slide);
    }
  }

  async #addSample(details: SampleDetails): Promise<void> {
    await this.#workspace.change(this.#who, (change) =>
      ensureSample(change, { studyId: this.#study.id, details, codes: this.#codes }),
    );
  }

  async #importFolder(folder: string, sample: SampleDetails, slide: string): Promise<void> {
    await requireFolder(folder);
    const images = await findImages(folder);
    const cells = images.map(
      (path): IncomingCell => ({
        sample,
        slide,
        file: relative(folder, path).replaceAll("\\", "/"),
        originalId: null,
        x: null,
        y: null,
        columnsJson: null,
        sha256: null,
      }),
    );
    await this.#bring({ path: folder, base: resolve(folder), sha256: null }, inParts(cells));
  }

  async #importCellTable(path: string, sample: SampleDetails | null, slide: string): Promise<void> {
    const scoring = await this.#scoring();
    const table = await openTable(path);
    const cells = readCellTable(table, { sample, slide, threshold: scoring?.threshold ?? null });
    const source = { path, base: resolve(dirname(path)), sha256: await sha256OfFile(path) };
    await this.#bring(source, cells, scoring);
  }

  async #bring(
    source: ImportRequest["source"],
    cells: AsyncIterable<readonly IncomingCell[]>,
    scoring?: Scoring,
  ): Promise<void> {
    const { added, known, duplicates } = await importCells(this.#workspace, this.#who, {
      studyId: this.#study.id,
      source,
      cells: this.#options.hash ? withPictures(cells, source.base) : cells,
      codes: this.#codes,
      reportProgress: this.#console.progress,
      ...(scoring !== undefined && { scoring }),
    });
    const before = this.#outcome;
    this.#outcome = {
      added: before.added + added,
      known: before.known + known,
      duplicates: before.duplicates + duplicates,
    };
  }

  async #scoring(): Promise<Scoring | undefined> {
    const { scoredBy } = this.#options;
    if (scoredBy === undefined) return undefined;
    const { sha256, metadata } = await readModel(scoredBy);
    return await ensureScoring(this.#workspace, this.#who, {
      studyId: this.#study.id,
      modelSha256: sha256,
      modelPath: resolve(scoredBy),
      model: metadata,
      threshold: metadata.operating_point.threshold,
      settings: { origin: "imported scores" },
      version: versionOfPackage(),
    });
  }
}

function requireSample(sample: SampleDetails | null, source: string): SampleDetails {
  if (sample !== null) return sample;
  throw new MicronucleiError(
    "SAMPLE_UNNAMED",
    `Which sample do the images of "${basename(source)}" belong to? Give --sample NAME, or import a study table.`,
  );
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new MicronucleiError(
    "SOURCE_MISSING",
    `There is no folder "${folder}". Check the path, or the column "cells" of the study table.`,
  );
}

const CELLS_IN_PART = 1_000;
/** Files read at once: disks and network drives answer several requests sooner than one after the other. */
const FILES_AT_ONCE = 8;

async function* inParts(cells: readonly IncomingCell[]): AsyncGenerator<IncomingCell[]> {
  for (let from = 0; from < cells.length; from += CELLS_IN_PART) yield cells.slice(from, from + CELLS_IN_PART);
}

/** Adds the hash of every cell's image; null where it cannot be read, which scoring will say. */
async function* withPictures(
  parts: AsyncIterable<readonly IncomingCell[]>,
  base: string,
): AsyncGenerator<IncomingCell[]> {
  for await (const cells of parts) {
    const hashed: IncomingCell[] = [];
    for (let from = 0; from < cells.length; from += FILES_AT_ONCE) {
      const some = cells.slice(from, from + FILES_AT_ONCE);
      const hashes = await Promise.all(some.map(({ file }) => sha256OfFile(join(base, file)).catch(() => null)));
      hashed.push(...some.map((cell, index) => ({ ...cell, sha256: hashes[index] ?? null })));
    }
    yield hashed;
  }
}
