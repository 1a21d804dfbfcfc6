import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { RandomStream } from "../core/random.ts";
import { areProbabilities, binOf, equalCountBins, equalWidthBins } from "./calibration.ts";
import { evaluationCurves } from "./curves.ts";
import { delongStandardError } from "./delong.ts";
import type { AtThreshold, Evaluation, GroupEvaluation, WithIntervals } from "./evaluation.ts";
import { evaluationNotes } from "./evaluation-notes.ts";
import { type BootstrapOutcome, bootstrapIntervals, type ResamplingUnits, resamplingUnits } from "./intervals.ts";
import {
  CALIBRATION_BINS,
  CALIBRATION_METRICS,
  calibrationMeter,
  confusionMeter,
  type Metric,
  RANKING_METRICS,
  rankingMetrics,
  THRESHOLD_METRICS,
  thresholdMetrics,
  WHY_UNDEFINED,
} from "./measures.ts";
import { type Ranking, rankByScore } from "./ranking.ts";

/** With more groups than this, single groups get no intervals: nobody reads them and they would take minutes. */
const MOST_GROUPS_WITH_INTERVALS = 500;

export interface EvaluationRequest {
  /** Scores of the cells, higher for positive; probabilities where calibration is wanted. */
  readonly scores: ArrayLike<number>;
  readonly positives: readonly boolean[];
  /** Field, slide or donor of each cell; null for a cell whose group is not known. */
  readonly groups?: readonly (string | null)[] | undefined;
  /** What `groups` are, for the report; `group` unless told. */
  readonly groupedBy?: string | undefined;
  readonly threshold: number;
  /** Where the threshold came from, in words. */
  readonly thresholdSource: string;
  readonly stream: RandomStream;
  /** Bootstrap resamples; 1000 to 2000 give two stable digits of an interval, 0 gives no intervals. */
  readonly resamples: number;
  readonly reportProgress?: ReportProgress;
}

/**
 * Measures scores against labels: ranking, calls at the threshold and at 0.5, calibration, each with a 95 % interval,
 * all together and for each group. Same input and stream, same result.
 *
 * One class only is not an error here: what is undefined is null, with the reason in `undefinedBecause`.
 * Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function evaluateScores(request: EvaluationRequest): Evaluation {
  const { scores, positives, threshold, resamples } = request;
  const ranking = rankByScore(scores, positives);
  const units = resamplingUnits(ranking.cells, groupsAtRank(ranking, request.groups));
  const meter = wholeMeter(ranking, threshold);
  const stream = request.stream.fork("all cells");
  const sample = bootstrap(ranking.cells, units, resamples, stream, meter, request.reportProgress);
  const halves = atThreshold(ranking, 0.5, sample, "atHalf.");
  const evaluation = {
    cells: ranking.cells,
    positives: ranking.positives,
    prevalence: ranking.positives / ranking.cells,
    ...withIntervals(RANKING_METRICS, sample),
    ...atThreshold(ranking, threshold, sample),
    thresholdSource: request.thresholdSource,
    atHalf: halves,
    ...withIntervals(CALIBRATION_METRICS, sample),
    undefinedBecause: reasons([...RANKING_METRICS, ...THRESHOLD_METRICS, ...CALIBRATION_METRICS], sample),
    aucStandardErrorDelong: delongOrNull(request, ranking),
    intervals: {
      level: 0.95 as const,
      method: "percentile bootstrap" as const,
      unit: units.unit,
      units: units.count,
      groupedBy: units.unit === "group" ? (request.groupedBy ?? "group") : null,
      resamples,
    },
    groups: units.unit === "group" ? evaluateGroups(request) : [],
    reliability: reliability(request, sample),
    curves: evaluationCurves(ranking),
  };
  return { ...evaluation, notes: evaluationNotes(evaluation) };
}

/** Resamples are drawn in the order of the ranks, so that each measure is one pass through memory. */
function groupsAtRank(
  { order }: Ranking,
  groups: readonly (string | null)[] | undefined,
): readonly (string | null)[] | undefined {
  return groups && Array.from(order, (cell) => groups[cell] ?? null);
}

type Meter = (weights: Float64Array) => Readonly<Record<string, number | null>>;

/** What was measured on the cells themselves and on their resamples, by name. */
interface Sample {
  readonly values: Readonly<Record<string, number | null>>;
  readonly outcome: BootstrapOutcome<string>;
}

function bootstrap(
  cells: number,
  units: ResamplingUnits,
  resamples: number,
  stream: RandomStream,
  measure: Meter,
  reportProgress = ignoreProgress,
): Sample {
  const values = measure(new Float64Array(cells).fill(1));
  return { values, outcome: bootstrapIntervals({ units, resamples, stream, measure, reportProgress }) };
}

/** All metrics by name; those at 0.5 under `atHalf.<name>`, the shares of the reliability bins under `bin.<number>`. */
function wholeMeter(ranking: Ranking, threshold: number): Meter {
  const [confusionOf, confusionAtHalf] = [confusionMeter(ranking, threshold), confusionMeter(ranking, 0.5)];
  const calibrationOf = calibrationMeter(ranking);
  return (weights) => {
    const { observed, ...calibration } = calibrationOf(weights);
    return {
      ...rankingMetrics(ranking, weights),
      ...thresholdMetrics(confusionOf(weights)),
      ...prefixed("atHalf.", thresholdMetrics(confusionAtHalf(weights))),
      ...calibration,
      ...prefixed("bin.", observed),
    };
  };
}

function groupMeter(ranking: Ranking, threshold: number): Meter {
  const confusionOf = confusionMeter(ranking, threshold);
  return (weights) => ({ ...rankingMetrics(ranking, weights), ...thresholdMetrics(confusionOf(weights)) });
}

function prefixed(prefix: string, values: object): Record<string, number | null> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

function withIntervals<M extends Metric>(metrics: readonly M[], sample: Sample, prefix = ""): WithIntervals<M> {
  const entries = metrics.flatMap((metric) => {
    const value = sample.values[prefix + metric] ?? null;
    const interval = value === null ? null : sample.outcome.intervals[prefix + metric];
    return [[metric, value] as const, [`${metric}_ci95`, interval ?? null] as const];
  });
  return Object.fromEntries(entries) as WithIntervals<M>;
}

/** Why values (by metric) or only their intervals (by `<metric>_ci95`) are null. */
function reasons(metrics: readonly Metric[], sample: Sample, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const metric of metrics) {
    const ofInterval = sample.outcome.reasons[prefix + metric];
    if ((sample.values[prefix + metric] ?? null) === null) found[metric] = WHY_UNDEFINED[metric];
    else if (ofInterval !== undefined) found[`${metric}_ci95`] = ofInterval;
  }
  return found;
}

function atThreshold(ranking: Ranking, threshold: number, sample: Sample, prefix = ""): AtThreshold {
  return {
    threshold,
    confusion: confusionMeter(ranking, threshold)(new Float64Array(ranking.cells).fill(1)),
    ...withIntervals(THRESHOLD_METRICS, sample, prefix),
    undefinedBecause: reasons(THRESHOLD_METRICS, sample, prefix),
  };
}

function evaluateGroups({ scores, positives, groups = [], threshold, stream, resamples }: EvaluationRequest) {
  const cellsOfGroup = Map.groupBy(positives.keys(), (cell) => groups[cell] ?? null);
  cellsOfGroup.delete(null);
  const groupResamples = cellsOfGroup.size > MOST_GROUPS_WITH_INTERVALS ? 0 : resamples;
  return [...cellsOfGroup].map(([group, cells]): GroupEvaluation => {
    const ranking = rankByScore(
      cells.map((cell) => scores[cell] as number),
      cells.map((cell) => positives[cell] as boolean),
    );
    const units = resamplingUnits(cells.length);
    const ownStream = stream.fork(`group ${group}`);
    const sample = bootstrap(cells.length, units, groupResamples, ownStream, groupMeter(ranking, threshold));
    return {
      group: group as string,
      cells: cells.length,
      positives: ranking.positives,
      ...withIntervals(RANKING_METRICS, sample),
      ...atThreshold(ranking, threshold, sample),
      undefinedBecause: reasons([...RANKING_METRICS, ...THRESHOLD_METRICS], sample),
    };
  });
}

function reliability({ scores, positives }: EvaluationRequest, sample: Sample): Evaluation["reliability"] {
  if (!areProbabilities(scores)) return null;
  const equalWidth = equalWidthBins(scores, positives, CALIBRATION_BINS).map((bin) => ({
    ...bin,
    observed_ci95: sample.outcome.intervals[`bin.${binOf((bin.lower + bin.upper) / 2, CALIBRATION_BINS)}`] ?? null,
  }));
  return { equalWidth, equalCount: equalCountBins(scores, positives, CALIBRATION_BINS) };
}

function delongOrNull({ scores, positives }: EvaluationRequest, ranking: Ranking): number | null {
  const negatives = ranking.cells - ranking.positives;
  return Math.min(ranking.positives, negatives) < 2 ? null : delongStandardError(scores, positives);
}
