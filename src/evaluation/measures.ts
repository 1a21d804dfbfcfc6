import { areProbabilities, binOf, brierOfCell, logLossOfCell } from "./calibration.ts";
import {
  accuracy,
  balancedAccuracy,
  type Confusion,
  f1,
  matthewsCorrelation,
  negativePredictiveValue,
  precision,
  sensitivity,
  specificity,
} from "./confusion.ts";
import { weightedAveragePrecision } from "./precision-recall.ts";
import { countAtOrAbove, type Ranking } from "./ranking.ts";
import { weightedAreaUnderRoc } from "./roc.ts";

export const RANKING_METRICS = ["auc", "ap"] as const;
export const THRESHOLD_METRICS = [
  "f1",
  "precision",
  "sensitivity",
  "specificity",
  "negativePredictiveValue",
  "accuracy",
  "balancedAccuracy",
  "matthewsCorrelation",
] as const;
export const CALIBRATION_METRICS = ["brier", "logLoss", "ece", "mce"] as const;

export type RankingMetric = (typeof RANKING_METRICS)[number];
export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number];
export type CalibrationMetric = (typeof CALIBRATION_METRICS)[number];
export type Metric = RankingMetric | ThresholdMetric | CalibrationMetric;
export type Measured<M extends string> = Readonly<Record<M, number | null>>;

/** What a reader calls each metric. */
export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  auc: "AUC",
  ap: "Average precision",
  f1: "F1",
  precision: "Precision (PPV)",
  sensitivity: "Sensitivity (recall)",
  specificity: "Specificity",
  negativePredictiveValue: "Negative predictive value",
  accuracy: "Accuracy",
  balancedAccuracy: "Balanced accuracy",
  matthewsCorrelation: "Matthews correlation",
  brier: "Brier score",
  logLoss: "Log loss (nats)",
  ece: "Expected calibration error",
  mce: "Maximum calibration error",
};

/** Bins of the calibration errors and of the reliability diagram: of equal width on [0, 1]. */
export const CALIBRATION_BINS = 10;

/** Why a metric is null, in words that finish "it is undefined because ...". */
export const WHY_UNDEFINED: Readonly<Record<Metric, string>> = {
  auc: "it needs positive and negative cells",
  ap: "it needs a positive cell",
  f1: "no cell is positive and none is called positive",
  precision: "no cell is called positive",
  sensitivity: "there is no positive cell",
  specificity: "there is no negative cell",
  negativePredictiveValue: "no cell is called negative",
  accuracy: "there is no cell",
  balancedAccuracy: "it needs positive and negative cells",
  matthewsCorrelation: "all cells have the same label or the same call",
  brier: "the scores are not probabilities from 0 to 1",
  logLoss: "the scores are not probabilities from 0 to 1",
  ece: "the scores are not probabilities from 0 to 1",
  mce: "the scores are not probabilities from 0 to 1",
};

/** AUC and AP of cells that count `weights[rank]` times. */
export function rankingMetrics(ranking: Ranking, weights: Float64Array): Measured<RankingMetric> {
  return { auc: weightedAreaUnderRoc(ranking, weights), ap: weightedAveragePrecision(ranking, weights) };
}

/**
 * All that follows from a confusion matrix; see confusion.ts for each formula. Here 0 / 0 is null for F1 and the Matthews
 * correlation too: their conventional 0, given to a resample without positives, would pull the interval down.
 */
export function thresholdMetrics(confusion: Confusion): Measured<ThresholdMetric> {
  const { tp, fp, fn, tn } = confusion;
  const oneKind = tp + fn === 0 || fp + tn === 0 || tp + fp === 0 || fn + tn === 0;
  return {
    f1: tp + fp + fn === 0 ? null : f1(confusion),
    precision: precision(confusion),
    sensitivity: sensitivity(confusion),
    specificity: specificity(confusion),
    negativePredictiveValue: negativePredictiveValue(confusion),
    accuracy: accuracy(confusion),
    balancedAccuracy: balancedAccuracy(confusion),
    matthewsCorrelation: oneKind ? null : matthewsCorrelation(confusion),
  };
}

/** The confusion at a threshold as a function of how often each cell counts; the threshold is looked up once. */
export function confusionMeter(ranking: Ranking, threshold: number): (weights: Float64Array) => Confusion {
  const called = countAtOrAbove(ranking, threshold);
  return (weights) => {
    let [tp, fp, fn, tn] = [0, 0, 0, 0];
    for (let rank = 0; rank < ranking.cells; rank++) {
      const weight = weights[rank] as number;
      if (ranking.positiveAtRank[rank] === 1) {
        if (rank < called) tp += weight;
        else fn += weight;
      } else if (rank < called) fp += weight;
      else tn += weight;
    }
    return { tp, fp, fn, tn };
  };
}

/** Calibration, and the share of positives in each of the `CALIBRATION_BINS` bins (null for an empty one). */
export interface CalibrationMeasures extends Measured<CalibrationMetric> {
  readonly observed: readonly (number | null)[];
}

const NO_CALIBRATION: CalibrationMeasures = { brier: null, logLoss: null, ece: null, mce: null, observed: [] };

/** Calibration as a function of how often each cell counts; all null where the scores are not probabilities. */
export function calibrationMeter(ranking: Ranking): (weights: Float64Array) => CalibrationMeasures {
  const { scoreAtRank, positiveAtRank } = ranking;
  if (!areProbabilities(scoreAtRank)) return () => NO_CALIBRATION;
  const brier = scoreAtRank.map((score, rank) => brierOfCell(score, positiveAtRank[rank] === 1));
  const loss = scoreAtRank.map((score, rank) => logLossOfCell(score, positiveAtRank[rank] === 1));
  const bin = Uint8Array.from(scoreAtRank, (score) => binOf(score, CALIBRATION_BINS));
  return (weights) => ({
    brier: weightedMean(brier, weights),
    logLoss: weightedMean(loss, weights),
    ...binnedErrors(ranking, bin, weights),
  });
}

function binnedErrors(
  { scoreAtRank, positiveAtRank }: Ranking,
  bin: Uint8Array,
  weights: Float64Array,
): Pick<CalibrationMeasures, "ece" | "mce" | "observed"> {
  const count = new Float64Array(CALIBRATION_BINS);
  const scoreSum = new Float64Array(CALIBRATION_BINS);
  const positiveSum = new Float64Array(CALIBRATION_BINS);
  for (let rank = 0; rank < bin.length; rank++) {
    const weight = weights[rank] as number;
    const index = bin[rank] as number;
    count[index] = (count[index] as number) + weight;
    scoreSum[index] = (scoreSum[index] as number) + weight * (scoreAtRank[rank] as number);
    if (positiveAtRank[rank] === 1) positiveSum[index] = (positiveSum[index] as number) + weight;
  }
  const total = count.reduce((sum, cells) => sum + cells, 0);
  let [ece, mce] = [0, 0];
  const observed = Array.from(count, (cells, index) => {
    if (cells === 0) return null;
    const gap = Math.abs((positiveSum[index] as number) - (scoreSum[index] as number));
    ece += gap / total;
    mce = Math.max(mce, gap / cells);
    return (positiveSum[index] as number) / cells;
  });
  return { ece, mce, observed };
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let rank = 0; rank < values.length; rank++) {
    sum += (values[rank] as number) * (weights[rank] as number);
    total += weights[rank] as number;
  }
  return sum / total;
}
