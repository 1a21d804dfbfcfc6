import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { EvaluationError } from "../core/errors.ts";
import { type Ranking, rankByScore, requireBothClasses } from "./ranking.ts";
import { weightedAreaUnderRoc } from "./roc.ts";

/** Structural components of an AUC, by cell: the share of the other class that the cell outranks, ties half. */
interface Placements {
  readonly area: number;
  readonly values: Float64Array;
}

/**
 * Standard error of an AUC after DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837).
 *
 *   V10(i) = mean over negatives of [s_i > s_j] + 1/2 [s_i = s_j]      (positive i)
 *   V01(j) = the same over positives                                   (negative j)
 *   SE^2 = S10 / P + S01 / N,  S the sample variances (divided by P - 1 and N - 1)
 *
 * Cells are taken as independent: where several come from one field, prefer the bootstrap over fields.
 * Throws SINGLE_CLASS, or TOO_FEW_CELLS with fewer than two cells of a class.
 */
export function delongStandardError(scores: ArrayLike<number>, positives: readonly boolean[]): number {
  const { values } = placementsOf(scores, positives);
  return Math.sqrt(varianceOfArea(values, positives));
}

/** Two AUCs on the same cells. `difference` = first - second; `pValue` two-sided, from z = difference / SE. */
export interface PairedRocTest {
  readonly areas: readonly [number, number];
  readonly difference: number;
  readonly standardError: number;
  readonly pValue: number;
}

/**
 * Paired DeLong test of the AUCs of two scores on the same cells, assumed independent.
 *
 *   Var(A1 - A2) = Var(A1) + Var(A2) - 2 Cov(A1, A2): the DeLong variance of the differences of the components
 *
 * Scores that rank alike give p = 1. Throws SINGLE_CLASS, TOO_FEW_CELLS, or DELONG_NO_VARIANCE where the areas differ
 * without any variance (one perfect, one inverted).
 */
export function pairedDelongTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  positives: readonly boolean[],
): PairedRocTest {
  const [a, b] = [placementsOf(first, positives), placementsOf(second, positives)];
  const differences = a.values.map((value, cell) => value - (b.values[cell] as number));
  const standardError = Math.sqrt(varianceOfArea(differences, positives));
  const difference = a.area - b.area;
  if (standardError === 0 && difference !== 0) {
    throw new EvaluationError(
      "DELONG_NO_VARIANCE",
      `The areas ${a.area} and ${b.area} differ but neither varies on these ${positives.length} cells, so the DeLong ` +
        "test is undefined. Evaluate more cells.",
    );
  }
  const pValue = standardError === 0 ? 1 : 2 * normalCdf(-Math.abs(difference) / standardError, 0, 1);
  return { areas: [a.area, b.area], difference, standardError, pValue };
}

function placementsOf(scores: ArrayLike<number>, positives: readonly boolean[]): Placements {
  const ranking = rankByScore(scores, positives);
  requireBothClasses("The DeLong variance", ranking.cells, ranking.positives);
  if (ranking.positives < 2 || ranking.cells - ranking.positives < 2) {
    throw new EvaluationError(
      "TOO_FEW_CELLS",
      `The DeLong variance needs two cells of each class; found ${ranking.positives} positive and ` +
        `${ranking.cells - ranking.positives} negative. Evaluate more cells.`,
    );
  }
  const area = weightedAreaUnderRoc(ranking, new Float64Array(ranking.cells).fill(1)) as number;
  return { area, values: placementOfEachCell(ranking) };
}

function placementOfEachCell(ranking: Ranking): Float64Array {
  const negatives = ranking.cells - ranking.positives;
  const values = new Float64Array(ranking.cells);
  let [start, positivesAbove] = [0, 0];
  for (const end of ranking.levelEnds) {
    const level = ranking.positiveAtRank.subarray(start, end);
    const levelPositives = level.reduce((sum, positive) => sum + positive, 0);
    const levelNegatives = end - start - levelPositives;
    const negativesBelow = negatives - (end - positivesAbove - levelPositives);
    for (let rank = start; rank < end; rank++) {
      values[ranking.order[rank] as number] =
        ranking.positiveAtRank[rank] === 1
          ? (negativesBelow + levelNegatives / 2) / negatives
          : (positivesAbove + levelPositives / 2) / ranking.positives;
    }
    positivesAbove += levelPositives;
    start = end;
  }
  return values;
}

/** S10 / P + S01 / N: the variance of an area, or of a difference of areas, from the components of its cells. */
function varianceOfArea(components: Float64Array, positives: readonly boolean[]): number {
  const shareOfClass = (positive: boolean): number => {
    const values = components.filter((_, cell) => positives[cell] === positive);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return squares / (values.length - 1) / values.length;
  };
  return shareOfClass(true) + shareOfClass(false);
}
