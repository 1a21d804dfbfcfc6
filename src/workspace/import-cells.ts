import type { Insertable } from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { RandomStream } from "../core/random.ts";
import { digestOf, insertRows } from "./bulk-insert.ts";
import { ensureSample, ensureSlide } from "./samples.ts";
import type { CellTable } from "./schema.ts";
import { type NewPrediction, recordPredictions, type Scoring } from "./scorings.ts";
import type { SampleDetails } from "./study-table.ts";
import type { Change, Workspace } from "./workspace.ts";

/** A cell on its way into a study. */
export interface IncomingCell {
  readonly sample: SampleDetails;
  readonly slide: string;
  /** File name as in its source. */
  readonly file: string;
  readonly originalId: string | null;
  readonly x: number | null;
  readonly y: number | null;
  /** Other columns as they were, as JSON text. */
  readonly columnsJson: string | null;
  readonly sha256: string | null;
  /** What a model said of the cell before it came here. */
  readonly prediction?: Omit<NewPrediction, "cellId" | "slideId">;
}

export interface ImportRequest {
  readonly studyId: number;
  /** What the cells come from; see `SourceTable`. */
  readonly source: { readonly path: string; readonly base: string; readonly sha256: string | null };
  readonly cells: AsyncIterable<readonly IncomingCell[]>;
  /** The scoring that the cells' predictions belong to, where they have some. */
  readonly scoring?: Scoring;
  /** For the samples' codes. */
  readonly codes: RandomStream;
  readonly reportProgress?: ReportProgress;
}

export interface ImportOutcome {
  readonly added: number;
  /** Cells that were there already: the same file of the same slide, with the same picture. */
  readonly known: number;
  /** Added cells whose picture the study has already: kept, but neither scored nor counted. */
  readonly duplicates: number;
}

/** Cells of one transaction: others can write in between, and a broken-off import goes on where it stopped. */
const CELLS_AT_ONCE = 20_000;

/**
 * Adds cells with their samples and slides to a study. Importing the same again adds nothing. Throws CELL_CONFLICT,
 * CELL_TWICE, SAMPLE_CONFLICT; everything before the part with the fault stays.
 */
export async function importCells(workspace: Workspace, who: string, request: ImportRequest): Promise<ImportOutcome> {
  const { reportProgress = ignoreProgress } = request;
  const importer = new CellImporter(request, await addSource(workspace, who, request));
  let waiting: IncomingCell[] = [];
  const flush = async () => {
    const cells = waiting;
    waiting = [];
    if (cells.length === 0) return;
    await workspace.change(who, (change) => importer.add(change, cells));
    const { added, known } = importer.outcome;
    reportProgress({ stage: "Importing", done: added + known, total: added + known });
  };
  for await (const cells of request.cells) {
    waiting = waiting.length === 0 ? [...cells] : waiting.concat(cells);
    if (waiting.length >= CELLS_AT_ONCE) await flush();
  }
  await flush();
  return importer.outcome;
}

async function addSource(workspace: Workspace, who: string, { studyId, source }: ImportRequest): Promise<number> {
  return await workspace.change(who, async ({ trx, record }) => {
    const row = { study_id: studyId, ...source };
    const { id } = await trx.insertInto("source").values(row).returning("id").executeTakeFirstOrThrow();
    await record({ action: "add source", subject: `source ${id}`, studyId, newValue: { ...row, id } });
    return id;
  });
}

/** A slide during an import. */
interface OpenSlide {
  readonly id: number;
  /** What the import said of its sample when it was opened. */
  readonly sample: SampleDetails;
  /** Picture by file of the cells that were there before; null for a new slide. */
  readonly before: ReadonlyMap<string, string | null> | null;
}

type NewCell = Omit<Insertable<CellTable>, "entry">;

/** Remembers the samples and slides of one import. */
class CellImporter {
  readonly #request: ImportRequest;
  readonly #sourceId: number;
  readonly #slides = new Map<string, OpenSlide>();
  #outcome: ImportOutcome = { added: 0, known: 0, duplicates: 0 };

  constructor(request: ImportRequest, sourceId: number) {
    this.#request = request;
    this.#sourceId = sourceId;
  }

  get outcome(): ImportOutcome {
    return this.#outcome;
  }

  async add(change: Change, cells: readonly IncomingCell[]): Promise<void> {
    const placed: { readonly cell: IncomingCell; readonly slide: OpenSlide }[] = [];
    for (const cell of cells) {
      const known = this.#slides.get(slideKey(cell));
      const slide = known?.sample === cell.sample ? known : await this.#openSlide(change, cell);
      if (!isKnown(slide, cell)) placed.push({ cell, slide });
    }
    if (placed.length > 0) await this.#insert(change, placed);
    this.#outcome = { ...this.#outcome, known: this.#outcome.known + cells.length - placed.length };
  }

  async #openSlide(change: Change, cell: IncomingCell): Promise<OpenSlide> {
    const { studyId, codes } = this.#request;
    const { sample, slide } = cell;
    const sampleId = await ensureSample(change, { studyId, details: sample, codes });
    const known = this.#slides.get(slideKey(cell));
    const opened = known === undefined ? await this.#readSlide(change, sampleId, slide) : known;
    this.#slides.set(slideKey(cell), { ...opened, sample });
    return { ...opened, sample };
  }

  async #readSlide(change: Change, sampleId: number, name: string): Promise<Omit<OpenSlide, "sample">> {
    const { id, cells } = await ensureSlide(change, { studyId: this.#request.studyId, sampleId, name });
    if (cells === 0) return { id, before: null };
    const before = await change.trx.selectFrom("cell").select(["file", "sha256"]).where("slide_id", "=", id).execute();
    return { id, before: new Map(before.map(({ file, sha256 }) => [file, sha256])) };
  }

  async #insert(change: Change, placed: readonly { readonly cell: IncomingCell; readonly slide: OpenSlide }[]) {
    const { studyId, scoring } = this.#request;
    const firstId = await nextId(change, "cell");
    const originals = await this.#originalsOf(
      change,
      placed.map(({ cell }) => cell),
    );
    const rows = placed.map(({ cell, slide }, index): NewCell => {
      const id = firstId + index;
      const original = cell.sha256 === null ? undefined : originals.get(cell.sha256);
      if (cell.sha256 !== null && original === undefined) originals.set(cell.sha256, id);
      return {
        id,
        slide_id: slide.id,
        source_id: this.#sourceId,
        file: cell.file,
        original_id: cell.originalId,
        x: cell.x,
        y: cell.y,
        columns_json: cell.columnsJson,
        sha256: cell.sha256,
        duplicate_of: original ?? null,
      };
    });
    const entry = await change.record({
      action: "import cells",
      subject: `source ${this.#sourceId}`,
      studyId,
      newValue: { cells: rows.length, first: firstId },
      digest: digestOf(rows.map(cellContent)),
    });
    await insertCells(
      change,
      rows.map((row) => ({ ...row, entry })),
    );
    const duplicates = await this.#countCells(change, rows);
    if (scoring !== undefined)
      await recordPredictions(
        change,
        scoring,
        placed.flatMap(({ cell, slide }, index) =>
          cell.prediction === undefined || rows[index]?.duplicate_of !== null
            ? []
            : [{ ...cell.prediction, cellId: firstId + index, slideId: slide.id }],
        ),
      );
    const { added, known, duplicates: before } = this.#outcome;
    this.#outcome = { added: added + rows.length, known, duplicates: before + duplicates };
  }

  /** The study's cells that have one of these pictures, by picture. */
  async #originalsOf({ trx }: Change, cells: readonly IncomingCell[]): Promise<Map<string, number>> {
    const pictures = [...new Set(cells.flatMap(({ sha256 }) => sha256 ?? []))];
    const originals = new Map<string, number>();
    for (let from = 0; from < pictures.length; from += 1000) {
      const found = await trx
        .selectFrom("cell")
        .innerJoin("slide", "slide.id", "cell.slide_id")
        .select(["cell.id", "cell.sha256"])
        .where("cell.sha256", "in", pictures.slice(from, from + 1000))
        .where("cell.duplicate_of", "is", null)
        .where("slide.study_id", "=", this.#request.studyId)
        .execute();
      for (const { id, sha256 } of found) if (sha256 !== null) originals.set(sha256, id);
    }
    return originals;
  }

  /** Adds the new cells to their slides' counts; returns how many are duplicates. */
  async #countCells({ trx }: Change, rows: readonly NewCell[]): Promise<number> {
    const counts = new Map<number, { cells: number; duplicates: number }>();
    for (const { slide_id, duplicate_of } of rows) {
      const count = counts.get(slide_id) ?? { cells: 0, duplicates: 0 };
      count.cells++;
      if (duplicate_of !== null) count.duplicates++;
      counts.set(slide_id, count);
    }
    for (const [id, { cells, duplicates }] of counts)
      await trx
        .updateTable("slide")
        .set((slide) => ({ cells: slide("cells", "+", cells), duplicates: slide("duplicates", "+", duplicates) }))
        .where("id", "=", id)
        .execute();
    return [...counts.values()].reduce((sum, { duplicates }) => sum + duplicates, 0);
  }
}

/** What the digest of cells covers: everything that is told of them. */
export function cellContent(cell: NewCell): (string | number | null)[] {
  const { id, slide_id, source_id, file, original_id, x, y, columns_json, sha256, duplicate_of } = cell;
  return [
    id,
    slide_id,
    source_id,
    file,
    original_id ?? null,
    x ?? null,
    y ?? null,
    columns_json ?? null,
    sha256 ?? null,
    duplicate_of ?? null,
  ];
}

/** The number after the greatest id of a table; the change holds the lock that keeps it free. */
export async function nextId({ trx }: Change, table: "cell" | "label"): Promise<number> {
  const { greatest } = await trx
    .selectFrom(table)
    .select(({ fn }) => fn.max("id").as("greatest"))
    .executeTakeFirstOrThrow();
  return Number(greatest ?? 0) + 1;
}

function slideKey({ sample, slide }: Pick<IncomingCell, "sample" | "slide">): string {
  return `${sample.name}\n${slide}`;
}

/** Whether a slide has the cell. The same file with another picture is another cell under a name that is taken. */
function isKnown({ before }: OpenSlide, cell: IncomingCell): boolean {
  const picture = before?.get(cell.file);
  if (picture === undefined) return false;
  if (picture === null || cell.sha256 === null || picture === cell.sha256) return true;
  throw new MicronucleiError(
    "CELL_CONFLICT",
    `The slide "${cell.slide}" of "${cell.sample.name}" has a cell "${cell.file}" already, with another picture. ` +
      "The file was changed, or another one has its name: import it as another slide.",
  );
}

async function insertCells({ trx }: Change, rows: readonly Insertable<CellTable>[]): Promise<void> {
  try {
    await insertRows(trx, "cell", rows);
  } catch (cause) {
    const seen = new Set<string>();
    const twice = rows.find(({ slide_id, file }) => seen.size === seen.add(`${slide_id} ${file}`).size);
    if (!isConstraintFailure(cause)) throw cause;
    throw new MicronucleiError(
      "CELL_TWICE",
      `The file "${twice?.file ?? "of a cell"}" occurs twice in one slide. Each cell needs a file of its own: remove the row.`,
      { cause },
    );
  }
}

function isConstraintFailure(error: unknown): boolean {
  return error instanceof Error && /unique/i.test(error.message);
}
