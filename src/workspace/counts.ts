import type { Kysely } from "kysely";
import type { Distribution } from "../assay/dispersion.ts";
import { valueOnly } from "./query-order.ts";
import { listSamples, listSlides, type Sample, type Slide } from "./samples.ts";
import type { Finding, PredictedOutcome, Schema } from "./schema.ts";
import type { Study } from "./study.ts";

/** Cells that a person has looked at, by what counts of them. */
export interface ConfirmedCounts {
  readonly cells: number;
  readonly normal: number;
  readonly mn: number;
  readonly mononucleate: number;
  readonly multinucleate: number;
  readonly unscorable: number;
  /** Who looked, most cells first: each cell belongs to the reader whose label counts. */
  readonly readers: readonly { readonly reader: string; readonly cells: number }[];
}

/** Cells that only the model has looked at. */
export interface AutomaticCounts {
  readonly positive: number;
  readonly negative: number;
}

/** Cells that do not count, and why. */
export interface UncountedCells {
  /** The same picture as another cell of the study. */
  readonly duplicates: number;
  readonly unreadable: number;
  /** Scored, but the image's quality forbids to count it unseen. */
  readonly flagged: number;
  /** No person and no model has looked yet. */
  readonly unscored: number;
}

/**
 * What was counted in a sample. Every number is the sum of a confirmed part, which persons have seen, and an automatic
 * part; both are always given.
 */
export interface SampleCounts {
  readonly sample: Sample;
  readonly slides: number;
  /** Cells imported. */
  readonly cells: number;
  /** Binucleated cells that count; automatic calls take every cell for one. */
  readonly bnCells: number;
  /** Of these, with at least one micronucleus. */
  readonly mnbnCells: number;
  /** Micronuclei in all cells; null while some cell with micronuclei was not counted by a person. */
  readonly micronuclei: number | null;
  /** Cells with 0, 1, 2, ... micronuclei; null as above. */
  readonly distribution: Distribution | null;
  /** Cells with 1, 2, ... micronuclei as far as persons have counted them; element 0 is always 0. */
  readonly countedMicronuclei: readonly number[];
  readonly confirmed: ConfirmedCounts;
  readonly automatic: AutomaticCounts;
  /** What the model called, whether or not a person has looked since. */
  readonly predicted: AutomaticCounts;
  readonly uncounted: UncountedCells;
}

/** Counts of every sample of a study under the scoring in use. Reads counters and labels, not cells. */
export async function countSamples(
  db: Kysely<Schema>,
  study: Pick<Study, "id" | "scoringId">,
): Promise<SampleCounts[]> {
  const samples = await listSamples(db, study.id);
  const slides = await listSlides(db, study.id);
  const sampleOfSlide = new Map(slides.map(({ id, sampleId }) => [id, sampleId]));
  const predicted = await predictedCounts(db, study.scoringId, sampleOfSlide);
  const labelled = await labelledCounts(db, study);
  return samples.map((sample) =>
    countSample(
      sample,
      slides.filter(({ sampleId }) => sampleId === sample.id),
      predicted.get(sample.id) ?? [],
      labelled.get(sample.id) ?? [],
    ),
  );
}

interface PredictedCount {
  readonly outcome: PredictedOutcome;
  readonly cells: number;
}

/** Labelled cells that have everything in common that matters here. */
interface LabelledCount {
  readonly reader: string;
  readonly finding: Finding;
  readonly micronuclei: number | null;
  /** What the model says of the same cells; null where it has not seen them. */
  readonly predicted: PredictedOutcome | null;
  readonly cells: number;
}

async function predictedCounts(
  db: Kysely<Schema>,
  scoringId: number | null,
  sampleOfSlide: ReadonlyMap<number, number>,
) {
  const counts = new Map<number, PredictedCount[]>();
  if (scoringId === null) return counts;
  const rows = await db.selectFrom("prediction_tally").selectAll().where("scoring_id", "=", scoringId).execute();
  for (const { slide_id, outcome, cells } of rows) addTo(counts, sampleOfSlide.get(slide_id) ?? 0, { outcome, cells });
  return counts;
}

async function labelledCounts(db: Kysely<Schema>, { id, scoringId }: Pick<Study, "id" | "scoringId">) {
  const rows = await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .innerJoin("cell", (join) => join.on("cell.id", "=", valueOnly("current_label.cell_id")))
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .leftJoin("prediction", (join) =>
      join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", scoringId ?? 0),
    )
    .select(["slide.sample_id", "label.reader", "label.finding", "label.micronuclei", "prediction.outcome"])
    .select(({ fn }) => fn.countAll().as("cells"))
    .where("slide.study_id", "=", id)
    .groupBy(["slide.sample_id", "label.reader", "label.finding", "label.micronuclei", "prediction.outcome"])
    .execute();
  const counts = new Map<number, LabelledCount[]>();
  for (const { sample_id, outcome, cells, ...row } of rows)
    addTo(counts, sample_id, { ...row, predicted: outcome, cells: Number(cells) });
  return counts;
}

function addTo<Item>(lists: Map<number, Item[]>, key: number, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function countSample(
  sample: Sample,
  slides: readonly Slide[],
  predicted: readonly PredictedCount[],
  labelled: readonly LabelledCount[],
): SampleCounts {
  const cells = total(slides.map((slide) => slide.cells));
  const duplicates = total(slides.map((slide) => slide.duplicates));
  // A person's finding replaces the model's: what both have seen is taken off the automatic part.
  const automatic = (outcome: PredictedOutcome): number =>
    cellsWhere(predicted, (count) => count.outcome === outcome) -
    cellsWhere(labelled, (count) => count.predicted === outcome);
  const unseen = cellsWhere(labelled, (count) => count.predicted === null);
  const confirmed = confirmedCounts(labelled);
  const [positive, negative] = [automatic("positive"), automatic("negative")];
  const counted = micronucleiCounts(labelled, negative, positive);
  return {
    sample,
    slides: slides.length,
    cells,
    bnCells: positive + negative + confirmed.normal + confirmed.mn,
    mnbnCells: positive + confirmed.mn,
    ...counted,
    confirmed,
    automatic: { positive, negative },
    predicted: {
      positive: cellsWhere(predicted, (count) => count.outcome === "positive"),
      negative: cellsWhere(predicted, (count) => count.outcome === "negative"),
    },
    uncounted: {
      duplicates,
      unreadable: automatic("unreadable"),
      flagged: automatic("flagged"),
      unscored: cells - duplicates - total(predicted.map((count) => count.cells)) - unseen,
    },
  };
}

function confirmedCounts(labelled: readonly LabelledCount[]): ConfirmedCounts {
  const found = (finding: Finding): number => cellsWhere(labelled, (count) => count.finding === finding);
  const names = [...new Set(labelled.map(({ reader }) => reader))];
  const readers = names.map((reader) => ({ reader, cells: cellsWhere(labelled, (count) => count.reader === reader) }));
  return {
    cells: total(labelled.map((count) => count.cells)),
    normal: found("normal"),
    mn: found("mn"),
    mononucleate: found("mononucleate"),
    multinucleate: found("multinucleate"),
    unscorable: found("unscorable"),
    readers: readers.sort((one, other) => other.cells - one.cells || (one.reader < other.reader ? -1 : 1)),
  };
}

/** Totals over single micronuclei: known once every cell with micronuclei was counted by a person. */
function micronucleiCounts(
  labelled: readonly LabelledCount[],
  automaticNegative: number,
  automaticPositive: number,
): Pick<SampleCounts, "micronuclei" | "distribution" | "countedMicronuclei"> {
  const withMicronuclei = labelled.filter(({ finding }) => finding === "mn");
  const most = Math.max(0, ...withMicronuclei.map(({ micronuclei }) => micronuclei ?? 0));
  const countedMicronuclei = Array.from({ length: most + 1 }, (_, count) =>
    cellsWhere(withMicronuclei, ({ micronuclei }) => count > 0 && micronuclei === count),
  );
  if (automaticPositive > 0 || withMicronuclei.some(({ micronuclei }) => micronuclei === null))
    return { micronuclei: null, distribution: null, countedMicronuclei };
  const without = automaticNegative + cellsWhere(labelled, ({ finding }) => finding === "normal");
  return {
    micronuclei: total(countedMicronuclei.map((cells, count) => cells * count)),
    distribution: [without, ...countedMicronuclei.slice(1)],
    countedMicronuclei,
  };
}

function cellsWhere<Count extends { readonly cells: number }>(
  counts: readonly Count[],
  condition: (count: Count) => boolean,
): number {
  return total(counts.filter(condition).map(({ cells }) => cells));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
