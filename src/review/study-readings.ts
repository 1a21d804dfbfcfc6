import type { Kysely } from "kysely";
import { ADJUDICATION, readingsDiffer, readingsOf } from "../workspace/counting-label.ts";
import { valueOnly } from "../workspace/query-order.ts";
import type { Finding, PredictedOutcome, Schema } from "../workspace/schema.ts";
import type { Study } from "../workspace/study.ts";

/** A standing label, as far as queues and agreement need it. */
export interface Reading {
  readonly id: number;
  readonly reader: string;
  readonly finding: Finding;
  readonly micronuclei: number | null;
  readonly queue: string | null;
}

/** A cell that somebody has labelled. */
export interface ReadCell {
  readonly sampleId: number;
  /** What the scoring in use says of it; null where it has not seen it. */
  outcome: PredictedOutcome | null;
  /** Labels that stand, oldest first; empty where all were taken back. */
  standing: Reading[];
}

const ROWS_AT_ONCE = 5_000;
const CELLS_AT_ONCE = 500;

/**
 * All labels of a study, in memory: the first look reads them all, later ones only what has been added since, by whichever
 * process. Labels are never changed, so that this cannot fall behind in any other way. About 200 bytes a label.
 */
export class StudyReadings {
  readonly #db: Kysely<Schema>;
  readonly #study: Pick<Study, "id" | "scoringId">;
  readonly #cells = new Map<number, ReadCell>();
  /** Number of the last label of any study that was looked at. */
  #last = 0;
  #predictions = 0;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(db: Kysely<Schema>, study: Pick<Study, "id" | "scoringId">) {
    this.#db = db;
    this.#study = study;
  }

  /** Labelled cells as they are now, by number; to be read at once, for a later look changes them. */
  async cells(): Promise<ReadonlyMap<number, ReadCell>> {
    const refreshed = this.#refreshing.catch(() => {}).then(() => this.#refresh());
    this.#refreshing = refreshed;
    await refreshed;
    return this.#cells;
  }

  async #refresh(): Promise<void> {
    const { greatest } = await this.#db
      .selectFrom("label")
      .select(({ fn }) => fn.max("id").as("greatest"))
      .executeTakeFirstOrThrow();
    for (let added = -1; this.#last < Number(greatest ?? 0) && added !== 0; ) added = await this.#addLabels();
    this.#last = Math.max(this.#last, Number(greatest ?? 0));
    await this.#addOutcomes();
  }

  /** Takes the next labels of the study in; returns how many there were. */
  async #addLabels(): Promise<number> {
    const rows = await this.#db
      .selectFrom("label")
      .innerJoin("cell", "cell.id", "label.cell_id")
      .innerJoin("slide", "slide.id", "cell.slide_id")
      .leftJoin("prediction", (join) =>
        join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", this.#study.scoringId ?? 0),
      )
      .select(["label.id", "label.cell_id", "label.reader", "label.finding", "label.micronuclei", "label.queue"])
      .select(["label.withdraws", "slide.sample_id", "prediction.outcome"])
      .where("label.id", ">", this.#last)
      .where(valueOnly("slide.study_id"), "=", this.#study.id)
      .orderBy("label.id")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const { cell_id, sample_id, outcome, withdraws, ...reading } of rows) {
      const cell = this.#cells.get(cell_id) ?? { sampleId: sample_id, outcome, standing: [] };
      if (withdraws === null) cell.standing.push(reading);
      else cell.standing = cell.standing.filter(({ id }) => id !== withdraws);
      this.#cells.set(cell_id, cell);
      this.#last = reading.id;
    }
    return rows.length;
  }

  /** Cells can be labelled before they are scored: their outcomes come later. */
  async #addOutcomes(): Promise<void> {
    const { scoringId } = this.#study;
    if (scoringId === null) return;
    const predictions = await countPredictions(this.#db, scoringId);
    if (predictions === this.#predictions) return;
    const waiting = [...this.#cells].flatMap(([id, { outcome }]) => (outcome === null ? [id] : []));
    for (let from = 0; from < waiting.length; from += CELLS_AT_ONCE) {
      const rows = await this.#db
        .selectFrom("prediction")
        .select(["cell_id", "outcome"])
        .where("scoring_id", "=", scoringId)
        .where("cell_id", "in", waiting.slice(from, from + CELLS_AT_ONCE))
        .execute();
      for (const { cell_id, outcome } of rows) {
        const cell = this.#cells.get(cell_id);
        if (cell !== undefined) cell.outcome = outcome;
      }
    }
    this.#predictions = predictions;
  }
}

/** How many predictions a scoring has, from its counters. */
export async function countPredictions(db: Kysely<Schema>, scoringId: number): Promise<number> {
  const { cells } = await db
    .selectFrom("prediction_tally")
    .select(({ fn }) => fn.sum("cells").as("cells"))
    .where("scoring_id", "=", scoringId)
    .executeTakeFirstOrThrow();
  return Number(cells ?? 0);
}

/** What has become of a cell on which readers differ. */
export type Dispute = "open" | "adjudicated";

/** Whether readers differ on a cell, and whether somebody has decided it; null where they agree. */
export function disputeOf(standing: readonly Reading[]): Dispute | null {
  if (standing.some(({ queue }) => queue === ADJUDICATION)) return "adjudicated";
  return standing.length > 1 && readingsDiffer(readingsOf(standing)) ? "open" : null;
}

/** Two readers' calls of the cells that both have read, by themselves, as binucleate and scorable. */
export interface ReadingPair {
  readonly readers: readonly [string, string];
  /** Rows: first reader positive, negative; columns: second reader. */
  readonly table: readonly [readonly [number, number], readonly [number, number]];
}

/** Pairs of readers with cells in common, by name. */
export function readingPairs(cells: Iterable<Pick<ReadCell, "standing">>): ReadingPair[] {
  const tables = new Map<string, { readers: [string, string]; table: [[number, number], [number, number]] }>();
  for (const { standing } of cells) {
    if (standing.length < 2) continue;
    const calls = readingsOf(standing)
      .filter(({ finding }) => finding === "mn" || finding === "normal")
      .sort((one, other) => (one.reader < other.reader ? -1 : 1));
    for (const [index, first] of calls.entries())
      for (const second of calls.slice(index + 1)) {
        const key = JSON.stringify([first.reader, second.reader]);
        const pair = tables.get(key) ?? {
          readers: [first.reader, second.reader],
          table: [
            [0, 0],
            [0, 0],
          ],
        };
        pair.table[first.finding === "mn" ? 0 : 1][second.finding === "mn" ? 0 : 1]++;
        tables.set(key, pair);
      }
  }
  return [...tables.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pair]) => pair);
}
