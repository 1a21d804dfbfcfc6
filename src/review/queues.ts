import type { Kysely } from "kysely";
import { type Call, listDraws, RANDOM_QUEUES } from "../workspace/call-audit.ts";
import type { PredictedOutcome, Schema } from "../workspace/schema.ts";
import type { Study } from "../workspace/study.ts";
import {
  byCertainty,
  byUncertainty,
  cellsOfSlides,
  cellsWithOutcome,
  inRandomOrder,
  rankScoring,
  rankSlides,
} from "./queue-cells.ts";
import type { QueueName } from "./queue-names.ts";

import { RememberedLists } from "./remembered-lists.ts";
import { countPredictions, disputeOf, type ReadCell, StudyReadings } from "./study-readings.ts";

/** Queues that tell nothing of what model or other readers found. */
export const BLIND_QUEUES: readonly QueueName[] = ["all", "second"];

/** A study under the scoring in use, all samples (null) or one. */
export interface QueueScope {
  readonly study: Pick<Study, "id" | "scoringId">;
  /** Of the scoring in use; null before the first. */
  readonly threshold: number | null;
  readonly sampleId: number | null;
}

/** How much of a queue the asking reader has done; of disagreements: what was adjudicated by whomever. */
export interface QueueCount {
  readonly name: QueueName;
  readonly cells: number;
  readonly reviewed: number;
}

/** The slides that a scope covers. */
interface CoveredSlides {
  readonly samples: ReadonlySet<number>;
  readonly slides: readonly number[];
  readonly leftOut: readonly number[];
  readonly cells: number;
}

/**
 * The queues of a workspace's studies: their cells in an order that stays while they are labelled. Kept in memory, and read
 * anew where cells, predictions or draws have been added since.
 */
export class ReviewQueues {
  readonly #db: Kysely<Schema>;
  readonly #lists = new RememberedLists();
  readonly #readings = new Map<string, StudyReadings>();

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** What persons have said of a study's cells, by the cell's number. */
  async readings(study: QueueScope["study"]): Promise<ReadonlyMap<number, ReadCell>> {
    const key = `${study.id} ${study.scoringId}`;
    const readings = this.#readings.get(key) ?? new StudyReadings(this.#db, study);
    this.#readings.set(key, readings);
    return await readings.cells();
  }

  /** All cells of a queue, in its order, as `reader` goes through it. */
  async cells(scope: QueueScope, queue: QueueName, reader: string): Promise<readonly number[]> {
    const covered = await this.#cover(scope);
    if (queue === "second" || queue === "disagreements") return await this.#readQueue(scope, covered, queue, reader);
    const { study, threshold, sampleId } = scope;
    const key = JSON.stringify([study.id, study.scoringId, queue, sampleId]);
    const version = JSON.stringify([covered.cells, covered.leftOut, threshold, await this.#scored(study)]);
    return await this.#lists.list(key, version, () => this.#load(scope, covered, queue));
  }

  /** How long the queues are and how much of them is done. */
  async counts(scope: QueueScope, names: readonly QueueName[], reader: string): Promise<QueueCount[]> {
    const covered = await this.#cover(scope);
    const outcomes = await this.#outcomes(scope.study, covered);
    const readings = [...(await this.readings(scope.study))].filter(([, cell]) => covered.samples.has(cell.sampleId));
    const own = readings.filter(([, { standing }]) => standing.some((label) => label.reader === reader));
    const counts: QueueCount[] = [];
    for (const name of names) {
      const called = OUTCOMES[name];
      if (called !== undefined) {
        const reviewed = own.filter(([, { outcome }]) => outcome !== null && called.includes(outcome)).length;
        counts.push({ name, cells: called.reduce((sum, outcome) => sum + (outcomes.get(outcome) ?? 0), 0), reviewed });
      } else if (name === "all") counts.push({ name, cells: covered.cells, reviewed: own.length });
      else counts.push(await this.#countListed(scope, name, reader, own));
    }
    return counts;
  }

  /** How far the audit of one call is: cells that can still be drawn, that were drawn, and of these with a person's label. */
  async audit(study: QueueScope["study"], called: Call) {
    const scope = { study, threshold: null, sampleId: null };
    const covered = await this.#cover(scope);
    const drawn = new Set(await this.cells(scope, RANDOM_QUEUES[called], ""));
    const labelled = [...(await this.readings(study))].filter(([, { standing }]) => standing.length > 0);
    const withCall = (await this.#outcomes(study, covered)).get(called) ?? 0;
    return {
      available: withCall - drawn.size,
      drawn: drawn.size,
      reviewed: labelled.filter(([id]) => drawn.has(id)).length,
    };
  }

  async #countListed(
    scope: QueueScope,
    name: QueueName,
    reader: string,
    own: readonly (readonly [number, ReadCell])[],
  ): Promise<QueueCount> {
    const listed = await this.cells(scope, name, reader);
    if (name === "disagreements") {
      const readings = await this.readings(scope.study);
      const decided = listed.filter((id) => disputeOf(readings.get(id)?.standing ?? []) === "adjudicated");
      return { name, cells: listed.length, reviewed: decided.length };
    }
    const members = new Set(listed);
    return { name, cells: listed.length, reviewed: own.filter(([id]) => members.has(id)).length };
  }

  /** Queues that grow while people read: what was in them keeps its place, what is new comes behind. */
  async #readQueue(
    { study, sampleId }: QueueScope,
    { samples }: CoveredSlides,
    queue: "second" | "disagreements",
    reader: string,
  ): Promise<readonly number[]> {
    const read = [...(await this.readings(study))].filter(([, cell]) => samples.has(cell.sampleId));
    if (queue === "disagreements") {
      const disputed = read.filter(([, { standing }]) => disputeOf(standing) !== null).map(([id]) => id);
      return this.#lists.grow(JSON.stringify([study.id, queue, sampleId]), disputed);
    }
    const others = read.filter(([, { standing }]) => standing.length > 0 && standing[0]?.reader !== reader);
    const key = JSON.stringify([study.id, queue, sampleId, reader]);
    const ids = others.map(([id]) => id);
    return this.#lists.grow(key, ids, inRandomOrder);
  }

  async #load(scope: QueueScope, covered: CoveredSlides, queue: QueueName): Promise<readonly number[]> {
    const { scoringId } = scope.study;
    if (queue === "all") return await cellsOfSlides(this.#db, covered.slides);
    if (scoringId === null) return [];
    if (queue === "random-negative" || queue === "random-positive")
      return await this.#drawnCells(scope, covered, queue);
    const cells = await this.#cellsByModel(scope, scoringId, covered, queue);
    if (covered.leftOut.length === 0) return cells;
    const leftOut = new Set(await cellsOfSlides(this.#db, covered.leftOut));
    return cells.filter((cell) => !leftOut.has(cell));
  }

  async #cellsByModel(
    { sampleId, threshold }: QueueScope,
    scoringId: number,
    covered: CoveredSlides,
    queue: QueueName,
  ) {
    const slides = sampleId === null ? null : covered.slides;
    const rank = (outcome: PredictedOutcome) =>
      slides === null ? rankScoring(this.#db, scoringId, outcome) : rankSlides(this.#db, scoringId, slides, outcome);
    if (queue === "positive") return byCertainty(await rank("positive"));
    if (queue === "uncertain") return byUncertainty(await rank("negative"), await rank("positive"), threshold ?? 0.5);
    return await cellsWithOutcome(this.#db, scoringId, slides, queue === "flagged" ? "flagged" : "unreadable");
  }

  async #drawnCells({ study }: QueueScope, covered: CoveredSlides, queue: QueueName): Promise<number[]> {
    const draws = await listDraws(this.#db, study);
    const drawn = draws.flatMap(({ called, cells }) => (RANDOM_QUEUES[called] === queue ? cells : []));
    const slides = new Set(covered.slides);
    const kept = new Set<number>();
    for (let from = 0; from < drawn.length; from += CELLS_AT_ONCE) {
      const part = drawn.slice(from, from + CELLS_AT_ONCE);
      const rows = await this.#db.selectFrom("cell").select(["id", "slide_id"]).where("id", "in", part).execute();
      for (const { id, slide_id } of rows) if (slides.has(slide_id)) kept.add(id);
    }
    return drawn.filter((cell) => kept.has(cell));
  }

  async #cover({ study, sampleId }: QueueScope): Promise<CoveredSlides> {
    const slides = await this.#db
      .selectFrom("slide")
      .innerJoin("sample", "sample.id", "slide.sample_id")
      .select(["slide.id", "slide.sample_id", "slide.cells", "slide.duplicates", "sample.excluded"])
      .where("slide.study_id", "=", study.id)
      .orderBy("slide.id")
      .execute();
    const isCovered = (slide: (typeof slides)[number]): boolean =>
      sampleId === null ? slide.excluded === null : slide.sample_id === sampleId;
    const inside = slides.filter(isCovered);
    return {
      samples: new Set(inside.map(({ sample_id }) => sample_id)),
      slides: inside.map(({ id }) => id),
      leftOut: sampleId === null ? slides.filter((slide) => !isCovered(slide)).map(({ id }) => id) : [],
      cells: inside.reduce((sum, { cells, duplicates }) => sum + cells - duplicates, 0),
    };
  }

  /** What changes when predictions or draws are added. */
  async #scored({ scoringId }: QueueScope["study"]): Promise<readonly number[]> {
    if (scoringId === null) return [];
    const { draws } = await this.#db
      .selectFrom("draw")
      .select(({ fn }) => fn.countAll().as("draws"))
      .where("scoring_id", "=", scoringId)
      .executeTakeFirstOrThrow();
    return [await countPredictions(this.#db, scoringId), Number(draws)];
  }

  async #outcomes({ scoringId }: QueueScope["study"], { slides }: CoveredSlides) {
    const inside = new Set(slides);
    const counts = new Map<PredictedOutcome, number>();
    const rows = await this.#db
      .selectFrom("prediction_tally")
      .selectAll()
      .where("scoring_id", "=", scoringId ?? 0)
      .execute();
    for (const { slide_id, outcome, cells } of rows)
      if (inside.has(slide_id)) counts.set(outcome, (counts.get(outcome) ?? 0) + cells);
    return counts;
  }
}

const CELLS_AT_ONCE = 500;

/** Queues that are counted from counters: all cells with these outcomes. */
const OUTCOMES: Partial<Record<QueueName, readonly PredictedOutcome[]>> = {
  uncertain: ["positive", "negative"],
  positive: ["positive"],
  flagged: ["flagged"],
  unreadable: ["unreadable"],
};
