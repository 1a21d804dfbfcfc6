import { AssayError } from "../core/errors.ts";
import { binomial, hypergeometric, type Tails, tailsOf } from "./discrete-tails.ts";
import type { Interval, MicronucleusCount, MnbnCount } from "./frequency.ts";
import { chiSquaredUpperTail } from "./gamma-distribution.ts";
import { requireCount, requirePart, requireProbability, requireTotal } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";

/** p-values of a comparison of treated with control. */
export type ComparisonPValues = {
  /** One-sided: treated higher. */
  readonly higher: number;
  /** One-sided: treated lower. */
  readonly lower: number;
  readonly twoSided: number;
};

/**
 * Fisher's exact test of the share of cells with micronuclei: given both margins, the treated cells with micronuclei
 * follow a hypergeometric distribution. The two-sided p adds up the tables that are no more probable.
 */
export function fisherExact(treated: MnbnCount, control: MnbnCount): ComparisonPValues {
  requireGroups(treated, control);
  const marked = treated.mnbnCells + control.mnbnCells;
  return pValuesOf(
    tailsOf(hypergeometric(treated.bnCells, marked, treated.bnCells + control.bnCells), treated.mnbnCells),
  );
}

/** ad / bc of the two by two table: 0 or Infinity where one product is 0, null where both are. */
export function oddsRatio(treated: MnbnCount, control: MnbnCount): number | null {
  requireGroups(treated, control);
  const favouring = treated.mnbnCells * (control.bnCells - control.mnbnCells);
  const opposing = control.mnbnCells * (treated.bnCells - treated.mnbnCells);
  return favouring === 0 && opposing === 0 ? null : favouring / opposing;
}

export type ChiSquaredTest = { readonly statistic: number; readonly twoSided: number };

/**
 * Chi-squared test of two proportions with one degree of freedom; with Yates' correction, half a cell is taken off
 * each difference. An approximation for expected counts of at least 5; Fisher's test needs none.
 */
export function chiSquaredTest(
  treated: MnbnCount,
  control: MnbnCount,
  { yates = false }: { readonly yates?: boolean } = {},
): ChiSquaredTest {
  requireGroups(treated, control);
  const cells = treated.bnCells + control.bnCells;
  const positives = treated.mnbnCells + control.mnbnCells;
  requireBothOutcomes(positives, cells);
  const expected = treated.bnCells * (positives / cells);
  const difference = Math.max(0, Math.abs(treated.mnbnCells - expected) - (yates ? 0.5 : 0));
  const share = positives / cells;
  const statistic = difference ** 2 / (treated.bnCells * (control.bnCells / cells) * share * (1 - share));
  return { statistic, twoSided: chiSquaredUpperTail(statistic, 1) };
}

export type RiskRatio = { readonly ratio: number; readonly interval: Interval };

/**
 * Treated over control share of cells with micronuclei, with the log-Wald interval
 *
 *   exp(ln RR +- z sqrt(1/x_T - 1/n_T + 1/x_C - 1/n_C))
 *
 * Null where a group has no cell with micronuclei: the logarithm has no standard error then.
 */
export function riskRatio(treated: MnbnCount, control: MnbnCount, level = 0.95): RiskRatio | null {
  requireGroups(treated, control);
  requireProbability(level, "confidence level");
  if (treated.mnbnCells === 0 || control.mnbnCells === 0) return null;
  const ratio = treated.mnbnCells / treated.bnCells / (control.mnbnCells / control.bnCells);
  const standardError = Math.sqrt(
    1 / treated.mnbnCells - 1 / treated.bnCells + 1 / control.mnbnCells - 1 / control.bnCells,
  );
  const factor = Math.exp(twoSidedZ(level) * standardError);
  return { ratio, interval: { low: ratio / factor, high: ratio * factor } };
}

/**
 * Exact comparison of two Poisson totals of micronuclei: given their sum, the treated total is binomial with the
 * treated share of the cells. Assumes that the micronuclei are Poisson distributed over the cells.
 */
export function compareTotals(treated: MicronucleusCount, control: MicronucleusCount): ComparisonPValues {
  for (const { micronuclei, bnCells } of [treated, control]) {
    requireTotal(bnCells, "number of binucleated cells");
    requireCount(micronuclei, "number of micronuclei");
  }
  const share = treated.bnCells / (treated.bnCells + control.bnCells);
  return pValuesOf(tailsOf(binomial(treated.micronuclei + control.micronuclei, share), treated.micronuclei));
}

/**
 * Holm's adjusted p-values, in the order given: with the p-values sorted, the running maximum of (m - i + 1) p_(i),
 * at most 1. Keeps the chance of any false finding among the m comparisons below the level. Holm 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));
  const adjusted = [...pValues];
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * (pValues[index] ?? 0)));
    adjusted[index] = largest;
  }
  return adjusted;
}

function pValuesOf({ atLeast, atMost, twoSided }: Tails): ComparisonPValues {
  return { higher: atLeast, lower: atMost, twoSided };
}

function requireGroups(...groups: readonly MnbnCount[]): void {
  for (const { mnbnCells, bnCells } of groups)
    requirePart(mnbnCells, "number of cells with micronuclei", bnCells, "number of binucleated cells");
}

/** Refuses groups without any positive or without any negative cell: an ONE_OUTCOME_ONLY. */
export function requireBothOutcomes(positives: number, cells: number): void {
  if (positives > 0 && positives < cells) return;
  throw new AssayError(
    "ONE_OUTCOME_ONLY",
    `${positives} of all ${cells} cells have micronuclei: a test of a difference needs cells with and cells without. ` +
      "Report the frequencies with their intervals instead.",
  );
}
