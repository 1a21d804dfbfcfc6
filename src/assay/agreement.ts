import { AssayError } from "../core/errors.ts";
import { binomial, tailsOf } from "./discrete-tails.ts";
import type { Interval } from "./frequency.ts";
import { requireCount, requireProbability, requireTotal } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";

/** k x k counts: element [i][j] is the number of cells that reader 1 put in class i and reader 2 in class j. */
export type AgreementTable = readonly (readonly number[])[];

/** How much two readers who are `distance` of `classes - 1` classes apart agree, 0 to 1. */
export type KappaWeights = "plain" | "linear" | "quadratic";

export type Kappa = {
  readonly kappa: number;
  /** Large-sample error that does not assume kappa = 0. Fleiss, Cohen and Everitt 1969. */
  readonly standardError: number;
  readonly interval: Interval;
};

/** Share of cells that both readers put in the same class, p_o. */
export function observedAgreement(table: AgreementTable): number {
  const { classes, shares } = checked(table);
  return classes.reduce((sum, i) => sum + (shares[i]?.[i] ?? 0), 0);
}

/**
 * Cohen's kappa: (p_o - p_e) / (1 - p_e), agreement beyond what the readers' own frequencies give by chance. With
 * weights w = 1 - (distance / (k - 1)) or its square, near misses between ordered classes count in part.
 *
 *   Var = (sum p_ij (w_ij - (w_i. + w_.j)(1 - kappa))^2 - (kappa - p_e (1 - kappa))^2) / (n (1 - p_e)^2)
 *
 * Sinks where one class is rare, as micronuclei are: report AC1 with it. STATISTICS 15.
 */
export function cohensKappa(
  table: AgreementTable,
  { weights = "plain", level = 0.95 }: { readonly weights?: KappaWeights; readonly level?: number } = {},
): Kappa {
  requireProbability(level, "confidence level");
  const { classes, shares, rows, columns, cells } = checked(table);
  const weight = (i: number, j: number): number => weightOf(Math.abs(i - j) / (classes.length - 1), weights);
  const over = (term: (i: number, j: number) => number): number =>
    sum(classes.map((i) => sum(classes.map((j) => term(i, j)))));
  const share = (i: number, j: number): number => shares[i]?.[j] ?? 0;

  const observed = over((i, j) => weight(i, j) * share(i, j));
  const expected = over((i, j) => weight(i, j) * at(rows, i) * at(columns, j));
  requireTwoClasses(rows, columns, cells);
  const kappa = (observed - expected) / (1 - expected);

  const rowWeights = classes.map((i) => sum(classes.map((j) => weight(i, j) * at(columns, j))));
  const columnWeights = classes.map((j) => sum(classes.map((i) => weight(i, j) * at(rows, i))));
  const spread = over(
    (i, j) => share(i, j) * (weight(i, j) - (at(rowWeights, i) + at(columnWeights, j)) * (1 - kappa)) ** 2,
  );
  const variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (cells * (1 - expected) ** 2);
  const standardError = Math.sqrt(Math.max(0, variance));
  const reach = twoSidedZ(level) * standardError;
  return { kappa, standardError, interval: { low: Math.max(-1, kappa - reach), high: Math.min(1, kappa + reach) } };
}

/** Prevalence- and bias-adjusted kappa, (k p_o - 1) / (k - 1): 2 p_o - 1 for two classes. Byrt et al. 1993. */
export function pabak(table: AgreementTable): number {
  return (table.length * observedAgreement(table) - 1) / (table.length - 1);
}

/**
 * Gwet's AC1: (p_o - p_e) / (1 - p_e) with p_e = sum q (1 - q) / (k - 1), q the mean share of a class over both
 * readers. Stays meaningful where a class is rare. Gwet 2008.
 */
export function gwetsAc1(table: AgreementTable): number {
  const { classes, rows, columns } = checked(table);
  const chance =
    sum(
      classes.map((i) => {
        const mean = (at(rows, i) + at(columns, i)) / 2;
        return mean * (1 - mean);
      }),
    ) /
    (classes.length - 1);
  return (observedAgreement(table) - chance) / (1 - chance);
}

/**
 * Gwet's AC1 with its large-sample interval for these two readers, over all cells of their kind:
 *
 *   Var = [p_o (1 - p_o) - 4 (1 - AC1) (sum p_kk (1 - q_k) / (k - 1) - p_o p_e)
 *          + 4 (1 - AC1)^2 (sum p_kl (1 - (q_k + q_l) / 2)^2 / (k - 1)^2 - p_e^2)] / (n (1 - p_e)^2)
 *
 * Gwet 2008, equation 9, without correction for a finite number of cells.
 */
export function gwetsAc1WithInterval(
  table: AgreementTable,
  level = 0.95,
): { readonly ac1: number; readonly standardError: number; readonly interval: Interval } {
  requireProbability(level, "confidence level");
  const { classes, shares, rows, columns, cells } = checked(table);
  const share = (i: number, j: number): number => shares[i]?.[j] ?? 0;
  const mean = classes.map((i) => (at(rows, i) + at(columns, i)) / 2);
  const others = classes.length - 1;
  const observed = sum(classes.map((i) => share(i, i)));
  const chance = sum(mean.map((q) => q * (1 - q))) / others;
  const ac1 = (observed - chance) / (1 - chance);
  const diagonal = sum(classes.map((i) => share(i, i) * (1 - at(mean, i)))) / others;
  const whole =
    sum(classes.map((i) => sum(classes.map((j) => share(i, j) * (1 - (at(mean, i) + at(mean, j)) / 2) ** 2)))) /
    others ** 2;
  const spread =
    observed * (1 - observed) -
    4 * (1 - ac1) * (diagonal - observed * chance) +
    4 * (1 - ac1) ** 2 * (whole - chance ** 2);
  const standardError = Math.sqrt(Math.max(0, spread) / (cells * (1 - chance) ** 2));
  const reach = twoSidedZ(level) * standardError;
  return { ac1, standardError, interval: { low: Math.max(-1, ac1 - reach), high: Math.min(1, ac1 + reach) } };
}

/**
 * McNemar's exact test whether one of two readers calls positive more often: of the b + c cells on which they differ,
 * min(b, c) is binomial with one half. Two-sided; 1 where they never differ. Two classes only.
 */
export function mcnemarExact(table: AgreementTable): number {
  const { classes } = checked(table);
  if (classes.length !== 2)
    throw new AssayError(
      "TABLE_NOT_SQUARE",
      `McNemar's test compares two classes, got ${classes.length}. Merge classes first, such as none and some.`,
    );
  const [b, c] = [table[0]?.[1] ?? 0, table[1]?.[0] ?? 0];
  return tailsOf(binomial(b + c, 0.5), b).twoSided;
}

type CheckedTable = {
  readonly classes: readonly number[];
  readonly shares: AgreementTable;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly cells: number;
};

function checked(table: AgreementTable): CheckedTable {
  if (table.length < 2 || table.some((row) => row.length !== table.length))
    throw new AssayError(
      "TABLE_NOT_SQUARE",
      `A table of agreement has as many columns as rows, at least 2, got rows of ${table.map((row) => row.length)}. ` +
        "Give one row for each class of the first reader, with the second reader's classes in the same order.",
    );
  for (const count of table.flat()) requireCount(count, "count in the table of agreement");
  const cells = sum(table.flat());
  requireTotal(cells, "number of cells that both readers called");
  const shares = table.map((row) => row.map((count) => count / cells));
  const classes = table.map((_, index) => index);
  return {
    classes,
    shares,
    rows: shares.map(sum),
    columns: classes.map((j) => sum(shares.map((row) => row[j] ?? 0))),
    cells,
  };
}

function requireTwoClasses(rows: readonly number[], columns: readonly number[], cells: number): void {
  const used = rows.filter((share, i) => share > 0 || at(columns, i) > 0).length;
  if (used >= 2) return;
  throw new AssayError(
    "ONE_OUTCOME_ONLY",
    `Both readers put all ${cells} cells in the same class: kappa is undefined. Have them read cells of each class.`,
  );
}

function weightOf(distance: number, weights: KappaWeights): number {
  if (weights === "plain") return distance === 0 ? 1 : 0;
  return 1 - distance ** (weights === "linear" ? 1 : 2);
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
