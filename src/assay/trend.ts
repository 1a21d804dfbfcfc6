import { AssayError } from "../core/errors.ts";
import { requireBothOutcomes } from "./comparison.ts";
import type { MnbnCount } from "./frequency.ts";
import { requirePart, requireQuantity } from "./input-checks.ts";
import { normalUpperTail } from "./normal.ts";

/** A culture, or cultures pooled, of one dose or concentration. */
export type DoseGroup = MnbnCount & { readonly dose: number };

export type TrendTest = {
  /** T, the dose-weighted excess of cells with micronuclei. */
  readonly statistic: number;
  readonly variance: number;
  readonly z: number;
  /** One-sided p for a rising frequency. */
  readonly rising: number;
  readonly twoSided: number;
};

/**
 * Cochran-Armitage test for a trend of proportions x_i / n_i over the scores d_i:
 *
 *   T = sum d_i (x_i - n_i p)     V = p (1 - p) [sum n_i d_i^2 - (sum n_i d_i)^2 / N]     Z = T / sqrt(V)
 *
 * with p the pooled proportion. The scores are the doses, or their ranks 0, 1, 2, ... (equal doses share a rank).
 * STATISTICS 7.
 */
export function cochranArmitage(groups: readonly DoseGroup[], scores: "dose" | "rank" = "dose"): TrendTest {
  for (const { dose, mnbnCells, bnCells } of groups) {
    requireQuantity(dose, "dose or concentration");
    requirePart(mnbnCells, "number of cells with micronuclei", bnCells, "number of binucleated cells");
  }
  const levels = [...new Set(groups.map(({ dose }) => dose))].sort((a, b) => a - b);
  requireLevels(levels);
  const cells = sum(groups.map(({ bnCells }) => bnCells));
  const positives = sum(groups.map(({ mnbnCells }) => mnbnCells));
  requireBothOutcomes(positives, cells);

  const p = positives / cells;
  const scoreOf = ({ dose }: DoseGroup): number => (scores === "dose" ? dose : levels.indexOf(dose));
  const meanScore = sum(groups.map((group) => group.bnCells * scoreOf(group))) / cells;
  const statistic = sum(groups.map((group) => scoreOf(group) * (group.mnbnCells - group.bnCells * p)));
  // The bracket of V, centred so that large cell numbers cancel nothing.
  const spread = sum(groups.map((group) => group.bnCells * (scoreOf(group) - meanScore) ** 2));
  const variance = p * (1 - p) * spread;
  const z = statistic / Math.sqrt(variance);
  return { statistic, variance, z, rising: normalUpperTail(z), twoSided: 2 * normalUpperTail(Math.abs(z)) };
}

function requireLevels(levels: readonly number[]): void {
  if (levels.length >= 2) return;
  throw new AssayError(
    "TREND_NEEDS_DOSES",
    `A trend needs at least two different doses, got ${levels.length === 0 ? "none" : `only ${levels[0]}`}. ` +
      "Give the control's dose too, as 0.",
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
