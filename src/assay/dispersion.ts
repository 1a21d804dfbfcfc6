import { AssayError } from "../core/errors.ts";
import { requireCount, requireTotal } from "./input-checks.ts";

/** Cells with 0, 1, 2, ... micronuclei: element k counts the cells with k. */
export type Distribution = readonly number[];

/** How the micronuclei spread over the cells, and whether a Poisson distribution describes it. */
export type Dispersion = {
  readonly bnCells: number;
  readonly mnbnCells: number;
  readonly micronuclei: number;
  /** y = X / N, micronuclei per cell. */
  readonly yieldPerCell: number;
  /** s / sqrt(N), the empirical standard error of the yield; null for a single cell. */
  readonly yieldStandardError: number | null;
  /** s^2 / y, 1 for Poisson; null for a single cell or no micronuclei. */
  readonly dispersionIndex: number | null;
  /** Standardised dispersion index; null for at most one micronucleus. */
  readonly uValue: number | null;
};

/** |u| above this says, at 5 %, that the micronuclei are not Poisson distributed. */
export const NOTABLE_U_VALUE = 1.96;

/**
 * Dispersion of the micronuclei per cell:
 *
 *   s^2 = (sum k^2 C_k - X^2/N) / (N - 1)     DI = s^2 / y     u = (DI - 1) sqrt((N - 1) / (2 (1 - 1/X)))
 *
 * u > 1.96: overdispersed, as after partial-body or high-LET exposure. STATISTICS 5, source 17.
 */
export function dispersionOf(distribution: Distribution): Dispersion {
  const totals = totalsOf(distribution);
  const { bnCells, micronuclei } = totals;
  const squares = distribution.reduce((sum, cells, k) => sum + k * k * cells, 0);
  const yieldPerCell = micronuclei / bnCells;
  const variance = bnCells > 1 ? (squares - micronuclei * yieldPerCell) / (bnCells - 1) : null;
  const dispersionIndex = variance === null || micronuclei === 0 ? null : variance / yieldPerCell;
  return {
    ...totals,
    yieldPerCell,
    yieldStandardError: variance === null ? null : Math.sqrt(variance / bnCells),
    dispersionIndex,
    uValue: dispersionIndex === null ? null : uValueOf(dispersionIndex, totals),
  };
}

/** Cells, cells with micronuclei, and micronuclei of a distribution. */
export function totalsOf(distribution: Distribution): { bnCells: number; mnbnCells: number; micronuclei: number } {
  if (distribution.length === 0)
    throw new AssayError(
      "NO_CELLS_COUNTED",
      "The distribution is empty: give the cells with 0, 1, 2, ... micronuclei.",
    );
  for (const [k, cells] of distribution.entries()) requireCount(cells, `number of cells with ${k} micronuclei`);
  const bnCells = distribution.reduce((sum, cells) => sum + cells, 0);
  requireTotal(bnCells, "number of binucleated cells");
  const micronuclei = distribution.reduce((sum, cells, k) => sum + k * cells, 0);
  return { bnCells, mnbnCells: bnCells - (distribution[0] ?? 0), micronuclei };
}

function uValueOf(index: number, { bnCells, micronuclei }: { bnCells: number; micronuclei: number }): number | null {
  if (micronuclei <= 1) return null;
  return (index - 1) * Math.sqrt((bnCells - 1) / (2 * (1 - 1 / micronuclei)));
}
