import type { Kysely } from "kysely";
import type { PredictedOutcome, Schema } from "../workspace/schema.ts";

/** Rows that are read in one go: others, such as a decision, come in between. */
const ROWS_AT_ONCE = 10_000;

/** Cells with one outcome by rising probability, and the probabilities. */
export interface RankedCells {
  readonly cells: readonly number[];
  readonly probabilities: readonly number[];
}

/** Cells of slides, slide by slide in the order of their import, without duplicates. */
export async function cellsOfSlides(db: Kysely<Schema>, slides: readonly number[]): Promise<number[]> {
  const cells: number[] = [];
  for (const slide of slides)
    for (let after = 0; ; ) {
      const rows = await db
        .selectFrom("cell")
        .select(["id", "duplicate_of"])
        .where("slide_id", "=", slide)
        .where("id", ">", after)
        .orderBy("id")
        .limit(ROWS_AT_ONCE)
        .execute();
      for (const { id, duplicate_of } of rows) if (duplicate_of === null) cells.push(id);
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_AT_ONCE) break;
      after = last.id;
    }
  return cells;
}

/** All cells of a scoring with one outcome and a probability, from its index. */
export async function rankScoring(
  db: Kysely<Schema>,
  scoringId: number,
  outcome: PredictedOutcome,
): Promise<RankedCells> {
  const [cells, probabilities]: [number[], number[]] = [[], []];
  for (let after = { probability: -1, cell: 0 }; ; ) {
    const rows = await db
      .selectFrom("prediction")
      .select(["cell_id", "probability"])
      .where("scoring_id", "=", scoringId)
      .where("outcome", "=", outcome)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple("probability", "cell_id"), ">", tuple(after.probability, after.cell)),
      )
      .orderBy("probability")
      .orderBy("cell_id")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const { cell_id, probability } of rows) {
      cells.push(cell_id);
      probabilities.push(probability ?? 0);
      after = { probability: probability ?? 0, cell: cell_id };
    }
    if (rows.length < ROWS_AT_ONCE) return { cells, probabilities };
  }
}

/** The same of a few slides only. */
export async function rankSlides(
  db: Kysely<Schema>,
  scoringId: number,
  slides: readonly number[],
  outcome: PredictedOutcome,
): Promise<RankedCells> {
  const rows = await db
    .selectFrom("cell")
    .innerJoin("prediction", "prediction.cell_id", "cell.id")
    .select(["prediction.cell_id", "prediction.probability"])
    .where("cell.slide_id", "in", slides)
    .where("prediction.scoring_id", "=", scoringId)
    .where("prediction.outcome", "=", outcome)
    .where("prediction.probability", "is not", null)
    .orderBy("prediction.probability")
    .orderBy("prediction.cell_id")
    .execute();
  return { cells: rows.map(({ cell_id }) => cell_id), probabilities: rows.map(({ probability }) => probability ?? 0) };
}

/** Cells with one outcome in the order of their numbers, of a whole scoring (`slides` null) or of a few slides. */
export async function cellsWithOutcome(
  db: Kysely<Schema>,
  scoringId: number,
  slides: readonly number[] | null,
  outcome: PredictedOutcome,
): Promise<number[]> {
  let query = db
    .selectFrom("prediction")
    .select("prediction.cell_id")
    .where("prediction.scoring_id", "=", scoringId)
    .where("prediction.outcome", "=", outcome)
    .orderBy("prediction.cell_id");
  if (slides !== null)
    query = query.innerJoin("cell", "cell.id", "prediction.cell_id").where("cell.slide_id", "in", slides);
  return (await query.execute()).map(({ cell_id }) => cell_id);
}

/** Surest first. */
export function byCertainty({ cells }: RankedCells): number[] {
  return [...cells].reverse();
}

/**
 * By distance of the probability from the threshold, nearest first. The two lists are walked away from the threshold at
 * the same time: sorting a million cells anew would hold everything up for a second.
 */
export function byUncertainty(negative: RankedCells, positive: RankedCells, threshold: number): number[] {
  const merged: number[] = [];
  let [below, above] = [negative.cells.length - 1, 0];
  const distance = ({ probabilities }: RankedCells, at: number): number =>
    Math.abs((probabilities[at] ?? Number.POSITIVE_INFINITY) - threshold);
  while (below >= 0 || above < positive.cells.length) {
    const next =
      distance(positive, above) <= distance(negative, below) ? positive.cells[above++] : negative.cells[below--];
    if (next !== undefined) merged.push(next);
  }
  return merged;
}

/** In an order that is random but depends on nothing but the cells' numbers: the same for ever. */
export function inRandomOrder(cells: readonly number[]): number[] {
  return cells
    .map((cell) => ({ cell, place: scrambled(cell) }))
    .sort((one, other) => one.place - other.place || one.cell - other.cell)
    .map(({ cell }) => cell);
}

/** A 32-bit number that looks random: the finaliser of MurmurHash3 (Appleby, public domain). */
function scrambled(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
