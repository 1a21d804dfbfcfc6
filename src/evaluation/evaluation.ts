import type { ReliabilityBin } from "./calibration.ts";
import type { Confusion } from "./confusion.ts";
import type { EvaluationCurves } from "./curves.ts";
import type { Interval } from "./intervals.ts";
import type { CalibrationMetric, Measured, RankingMetric, ThresholdMetric } from "./measures.ts";

/** Each metric, and beside it `<metric>_ci95`: [low, high], or null where no interval can be given. */
export type WithIntervals<M extends string> = Measured<M> & { readonly [K in M as `${K}_ci95`]: Interval | null };

/** What follows from calling the cells with score >= threshold positive. */
export interface AtThreshold extends WithIntervals<ThresholdMetric> {
  readonly threshold: number;
  readonly confusion: Confusion;
  /** Why a value or an interval beside it is null, by its name. */
  readonly undefinedBecause: Readonly<Record<string, string>>;
}

/** The cells of one group by themselves; its intervals are over these cells. */
export interface GroupEvaluation extends WithIntervals<RankingMetric>, AtThreshold {
  readonly group: string;
  readonly cells: number;
  readonly positives: number;
}

export interface ReliabilityBinWithInterval extends ReliabilityBin {
  readonly observed_ci95: Interval | null;
}

export interface IntervalMethod {
  readonly level: 0.95;
  readonly method: "percentile bootstrap";
  /** What was drawn with replacement. */
  readonly unit: "group" | "cell";
  readonly units: number;
  /** What a group is, such as `field`; null where cells were drawn. */
  readonly groupedBy: string | null;
  readonly resamples: number;
}

/** What `mn evaluate --json` prints and `evaluation.json` holds: plain data, no NaN; an undefined value is null. */
export interface Evaluation extends WithIntervals<RankingMetric | CalibrationMetric>, AtThreshold {
  readonly cells: number;
  readonly positives: number;
  readonly prevalence: number;
  /** Where the threshold came from, in words. */
  readonly thresholdSource: string;
  /** The same cells at a threshold of 0.5. */
  readonly atHalf: AtThreshold;
  /** DeLong's standard error of the AUC, cells taken as independent; null with fewer than two of a class. */
  readonly aucStandardErrorDelong: number | null;
  readonly intervals: IntervalMethod;
  /** In order of first appearance; empty where no group is known. */
  readonly groups: readonly GroupEvaluation[];
  /** Null where the scores are not probabilities. */
  readonly reliability: {
    readonly equalWidth: readonly ReliabilityBinWithInterval[];
    readonly equalCount: readonly ReliabilityBin[];
  } | null;
  readonly curves: EvaluationCurves;
  /** What a reader must know before relying on the numbers. */
  readonly notes: readonly string[];
}
