import { areProbabilities } from "./calibration.ts";
import { precisionRecallCurveOf } from "./precision-recall.ts";
import type { Ranking } from "./ranking.ts";
import { rocCurveOf } from "./roc.ts";

/** Curves are stored on this many steps of each axis: finer than a figure shows, small however many cells there are. */
const CURVE_STEPS = 300;
const HISTOGRAM_BINS = 25;

/** Points of a curve, thinned to a grid of 1/300; metrics are never computed from them. */
export interface StoredCurve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Null where nothing is called positive (an infinite threshold, which JSON cannot hold). */
  readonly thresholds: readonly (number | null)[];
}

/** Cells by score and label: bin i holds the scores from edges[i] to edges[i + 1] (the last bin with both). */
export interface ScoreHistogram {
  readonly edges: readonly number[];
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

export interface EvaluationCurves {
  /** x false positive rate, y true positive rate; null with one class only. */
  readonly roc: StoredCurve | null;
  /** x recall, y precision; null without positives. */
  readonly precisionRecall: StoredCurve | null;
  readonly histogram: ScoreHistogram;
}

/** What the figures of a report need. */
export function evaluationCurves(ranking: Ranking): EvaluationCurves {
  return {
    roc: ranking.positives > 0 && ranking.positives < ranking.cells ? storedRoc(ranking) : null,
    precisionRecall: ranking.positives > 0 ? storedPrecisionRecall(ranking) : null,
    histogram: scoreHistogram(ranking),
  };
}

function storedRoc(ranking: Ranking): StoredCurve {
  const { falsePositiveRate, truePositiveRate, thresholds } = rocCurveOf(ranking);
  return thinned(falsePositiveRate, truePositiveRate, thresholds);
}

function storedPrecisionRecall(ranking: Ranking): StoredCurve {
  const { recall, precision, thresholds } = precisionRecallCurveOf(ranking);
  return thinned(recall, precision, thresholds);
}

/** Keeps the first and the last point and each point on another grid cell than the one kept before it. */
function thinned(x: readonly number[], y: readonly number[], thresholds: readonly number[]): StoredCurve {
  const onGrid = (value: number | undefined): number => Math.round((value ?? 0) * CURVE_STEPS);
  let [keptX, keptY] = [Number.NaN, Number.NaN];
  const kept = [...x.keys()].filter((index) => {
    const [gridX, gridY] = [onGrid(x[index]), onGrid(y[index])];
    if (gridX === keptX && gridY === keptY && index < x.length - 1) return false;
    [keptX, keptY] = [gridX, gridY];
    return true;
  });
  const at = (values: readonly number[]): number[] => kept.map((index) => values[index] as number);
  return {
    x: at(x),
    y: at(y),
    thresholds: at(thresholds).map((threshold) => (Number.isFinite(threshold) ? threshold : null)),
  };
}

/** Equal bins over [0, 1] for probabilities, over the range of the scores for others. */
function scoreHistogram({ scoreAtRank, positiveAtRank, cells }: Ranking): ScoreHistogram {
  const probabilities = areProbabilities(scoreAtRank);
  const low = probabilities ? 0 : (scoreAtRank[cells - 1] as number);
  const highest = probabilities ? 1 : (scoreAtRank[0] as number);
  const high = highest > low ? highest : low + 1;
  const counts = {
    positives: new Array<number>(HISTOGRAM_BINS).fill(0),
    negatives: new Array<number>(HISTOGRAM_BINS).fill(0),
  };
  for (const [rank, score] of scoreAtRank.entries()) {
    const position = Math.floor(((score - low) / (high - low)) * HISTOGRAM_BINS);
    const bin = Math.min(HISTOGRAM_BINS - 1, position);
    const ofClass = positiveAtRank[rank] === 1 ? counts.positives : counts.negatives;
    ofClass[bin] = (ofClass[bin] as number) + 1;
  }
  const edges = Array.from({ length: HISTOGRAM_BINS + 1 }, (_, edge) => low + (edge / HISTOGRAM_BINS) * (high - low));
  return { edges, ...counts };
}
