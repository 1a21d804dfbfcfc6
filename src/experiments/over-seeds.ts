import type { RandomStream } from "../core/random.ts";
import { minus } from "../evaluation/comparison.ts";
import { bootstrapIntervals, resamplingUnits } from "../evaluation/intervals.ts";
import { confusionMeter, type Measured, rankingMetrics, thresholdMetrics } from "../evaluation/measures.ts";
import { inRankOrder, rankByScore } from "../evaluation/ranking.ts";
import { HEADLINE_METRICS, type HeadlineMetric, type OverSeeds } from "./experiment-result.ts";
import { meanOf, standardDeviationOf } from "./spread.ts";

/** The scores of one training on the test cells, and where it calls a cell positive. */
export interface ScoredTest {
  readonly scores: ArrayLike<number>;
  readonly threshold: number;
}

export interface TestCells {
  readonly positives: readonly boolean[];
  /** Field of each cell, null where not known. */
  readonly groups: readonly (string | null)[];
}

export interface Resampling {
  readonly stream: RandomStream;
  readonly resamples: number;
}

/** The metrics of the test cells, each cell counted as often as its weight says. */
type Meter = (weights: Float64Array) => Measured<HeadlineMetric>;

/**
 * Every metric over trainings of different seeds on the same test cells: mean, spread, and the interval of the mean.
 * Throws SCORE_NOT_FINITE.
 */
export function measureOverSeeds(
  runs: readonly ScoredTest[],
  cells: TestCells,
  resampling: Resampling,
): Readonly<Record<HeadlineMetric, OverSeeds>> {
  return summarise(
    runs.map((run) => meterOf(run, cells)),
    cells,
    resampling,
  );
}

/**
 * The difference of two entries, first minus second, over pairs of trainings of the same seed. Both sides are measured on the
 * same resamples, so that what makes a field easy or hard for both cancels. Throws SCORE_NOT_FINITE.
 */
export function compareOverSeeds(
  pairs: readonly (readonly [ScoredTest, ScoredTest])[],
  cells: TestCells,
  resampling: Resampling,
): Readonly<Record<HeadlineMetric, OverSeeds>> {
  const meters = pairs.map(([first, second]): Meter => {
    const [ofFirst, ofSecond] = [meterOf(first, cells), meterOf(second, cells)];
    return (weights) => {
      const [minuend, subtrahend] = [ofFirst(weights), ofSecond(weights)];
      return byMetric((metric) => minus(minuend[metric], subtrahend[metric]));
    };
  });
  return summarise(meters, cells, resampling);
}

function summarise(meters: readonly Meter[], { positives, groups }: TestCells, { stream, resamples }: Resampling) {
  const once = new Float64Array(positives.length).fill(1);
  const ofSeeds = meters.map((meter) => meter(once));
  const units = resamplingUnits(positives.length, groups);
  const measure: Meter = (weights) => {
    const measured = meters.map((meter) => meter(weights));
    return byMetric((metric) => meanOf(complete(measured.map((values) => values[metric]))));
  };
  const { intervals } = bootstrapIntervals({ units, resamples, stream, measure });
  return byMetric((metric): OverSeeds => {
    const values = complete(ofSeeds.map((measured) => measured[metric]));
    return { mean: meanOf(values), standardDeviation: standardDeviationOf(values), mean_ci95: intervals[metric] };
  });
}

function meterOf({ scores, threshold }: ScoredTest, { positives }: TestCells): Meter {
  const ranking = rankByScore(scores, positives);
  const confusionOf = confusionMeter(ranking, threshold);
  return (weights) => {
    const inOrder = inRankOrder(ranking, weights);
    const { f1, sensitivity, specificity } = thresholdMetrics(confusionOf(inOrder));
    return { ...rankingMetrics(ranking, inOrder), f1, sensitivity, specificity };
  };
}

/** No value at all where one is undefined: a mean of the others would be of other trainings. */
function complete(values: readonly (number | null)[]): readonly number[] {
  const defined = values.flatMap((value) => value ?? []);
  return defined.length === values.length ? defined : [];
}

function byMetric<Value>(of: (metric: HeadlineMetric) => Value): Record<HeadlineMetric, Value> {
  return Object.fromEntries(HEADLINE_METRICS.map((metric) => [metric, of(metric)])) as Record<HeadlineMetric, Value>;
}
