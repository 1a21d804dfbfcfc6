import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { RandomStream } from "../core/random.ts";

/** [low, high] of a 95 % interval. */
export type Interval = readonly [number, number];

/** What is drawn with replacement: whole groups of cells (fields, slides, donors) or single cells. */
export interface ResamplingUnits {
  readonly unit: "group" | "cell";
  readonly count: number;
  /** The unit of each cell, 0 to count - 1. */
  readonly unitOfCell: Int32Array;
}

export interface BootstrapOutcome<Metric extends string> {
  readonly intervals: Readonly<Record<Metric, Interval | null>>;
  /** Why an interval is null, by metric. */
  readonly reasons: Readonly<Partial<Record<Metric, string>>>;
}

/** An interval is given up when more than this share of the resamples leaves its metric undefined. */
const UNDEFINED_SHARE_ALLOWED = 0.05;

/**
 * The units of a bootstrap. Cells of one field share background, stain and focus, so where groups are known they are
 * drawn whole; a cell whose group is null is a unit of its own. Without groups every cell is.
 */
export function resamplingUnits(cells: number, groups?: readonly (string | null)[]): ResamplingUnits {
  if (groups === undefined || groups.every((group) => group === null)) {
    return { unit: "cell", count: cells, unitOfCell: Int32Array.from({ length: cells }, (_, cell) => cell) };
  }
  const units = new Map<string, number>();
  let count = 0;
  const unitOfCell = Int32Array.from(groups, (group) => {
    if (group === null) return count++;
    const known = units.get(group);
    if (known !== undefined) return known;
    units.set(group, count);
    return count++;
  });
  return { unit: "group", count, unitOfCell };
}

/**
 * 95 % percentile bootstrap intervals (Efron 1979; over groups: the cluster bootstrap, Field and Welsh 2007) of all
 * the values that `measure` returns, from the same resamples.
 *
 * A resample draws as many units as there are, with replacement; `measure` gets how often each cell was drawn. It
 * is not stratified by class: how many positives come in is part of what varies from slide to slide, and precision, F1
 * and AP depend on it. A resample in which a metric is undefined (null) is left out for that metric; where more than
 * 5 % are, or there is only one unit, the interval is null with a reason. Few units (below about 20) make the intervals
 * too narrow, and where every resample gives the same value (a perfect score) they have no width.
 */
export function bootstrapIntervals<Metric extends string>(options: {
  readonly units: ResamplingUnits;
  readonly resamples: number;
  readonly stream: RandomStream;
  readonly measure: (weights: Float64Array) => Readonly<Record<Metric, number | null>>;
  readonly reportProgress?: ReportProgress;
}): BootstrapOutcome<Metric> {
  const { units, resamples, stream, measure, reportProgress = ignoreProgress } = options;
  const metrics = Object.keys(measure(new Float64Array(units.unitOfCell.length).fill(1))) as Metric[];
  const samples = new Map<Metric, number[]>(metrics.map((metric) => [metric, []]));
  const draws = units.count < 2 ? 0 : resamples;
  const weights = new Float64Array(units.unitOfCell.length);
  for (let resample = 0; resample < draws; resample++) {
    drawWeights(units, stream, weights);
    const measured = measure(weights);
    for (const metric of metrics) {
      const value = measured[metric];
      if (value !== null) samples.get(metric)?.push(value);
    }
    reportProgress({ stage: "Resampling", done: resample + 1, total: draws });
  }
  const outcome = metrics.map((metric) => [metric, intervalOf(samples.get(metric) ?? [], draws, units)] as const);
  return {
    intervals: Object.fromEntries(
      outcome.map(([metric, result]) => [metric, typeof result === "string" ? null : result]),
    ) as Record<Metric, Interval | null>,
    reasons: Object.fromEntries(outcome.filter(([, result]) => typeof result === "string")) as Partial<
      Record<Metric, string>
    >,
  };
}

/**
 * The quantile at `share` (0 to 1) of rising values, linear between neighbours (type 7 of Hyndman and Fan 1996, the
 * default of NumPy and R).
 */
export function quantileOfSorted(rising: ArrayLike<number>, share: number): number {
  const position = share * (rising.length - 1);
  const below = Math.floor(position);
  const lower = rising[below] as number;
  const upper = rising[Math.min(below + 1, rising.length - 1)] as number;
  return lower + (position - below) * (upper - lower);
}

/** Draws `units.count` units with replacement and writes how often each cell came. */
function drawWeights({ count, unitOfCell }: ResamplingUnits, stream: RandomStream, weights: Float64Array): void {
  const timesDrawn = new Uint32Array(count);
  for (let draw = 0; draw < count; draw++) {
    const unit = stream.integer(count);
    timesDrawn[unit] = (timesDrawn[unit] as number) + 1;
  }
  for (let cell = 0; cell < weights.length; cell++) {
    weights[cell] = timesDrawn[unitOfCell[cell] as number] as number;
  }
}

function intervalOf(values: readonly number[], draws: number, units: ResamplingUnits): Interval | string {
  if (draws === 0) {
    return units.count < 2 ? `there is only one ${units.unit}, so nothing can be resampled` : "no resamples were asked";
  }
  const undefinedCount = draws - values.length;
  if (undefinedCount > UNDEFINED_SHARE_ALLOWED * draws) {
    return `it is undefined in ${undefinedCount} of ${draws} resamples`;
  }
  const rising = Float64Array.from(values).sort();
  return [quantileOfSorted(rising, 0.025), quantileOfSorted(rising, 0.975)];
}
