import { AssayError } from "../core/errors.ts";
import { requireCount, requireTotal } from "./input-checks.ts";

/** Cells with one, two, and three or more nuclei. */
export type NucleationCounts = { readonly mono: number; readonly bi: number; readonly multi: number };

/** The same with the multinucleated cells told apart: three, and four or more nuclei. */
export type FullNucleationCounts = {
  readonly mono: number;
  readonly bi: number;
  readonly tri: number;
  readonly tetra: number;
};

/**
 * Cytokinesis-block proliferation index: mean number of divisions a cell has gone through, plus one; 1 to 3.
 *
 *   CBPI = (M1 + 2 M2 + 3 M3+) / N
 *
 * STATISTICS 4, source 41.
 */
export function cytokinesisBlockProliferationIndex(counts: NucleationCounts): number {
  const cells = cellsOf([counts.mono, counts.bi, counts.multi]);
  return (counts.mono + 2 * counts.bi + 3 * counts.multi) / cells;
}

/** Nuclear division index, 1 to 4: NDI = (M1 + 2 M2 + 3 M3 + 4 M4) / N. */
export function nuclearDivisionIndex({ mono, bi, tri, tetra }: FullNucleationCounts): number {
  return (mono + 2 * bi + 3 * tri + 4 * tetra) / cellsOf([mono, bi, tri, tetra]);
}

/** Replication index in percent: divisions per treated cell relative to the control's, RI = 100 * T / C. */
export function replicationIndex(treated: NucleationCounts, control: NucleationCounts): number {
  return (100 * divisionsPerCell(treated)) / divisionsOfControl(control);
}

/** Loss of proliferation in percent: 100 - 100 (CBPI_T - 1) / (CBPI_C - 1) = 100 - RI; negative where more divide. */
export function cytostasis(treated: NucleationCounts, control: NucleationCounts): number {
  return 100 - replicationIndex(treated, control);
}

/** (M2 + 2 M3+) / N = CBPI - 1. */
function divisionsPerCell({ mono, bi, multi }: NucleationCounts): number {
  return (bi + 2 * multi) / cellsOf([mono, bi, multi]);
}

function divisionsOfControl(control: NucleationCounts): number {
  const divisions = divisionsPerCell(control);
  if (divisions > 0) return divisions;
  throw new AssayError(
    "CONTROL_DID_NOT_DIVIDE",
    `None of the control's ${control.mono} cells has two or more nuclei (CBPI 1): proliferation relative to it is ` +
      "undefined. Check the cytokinesis block and the harvest time of the control.",
  );
}

function cellsOf(counts: readonly number[]): number {
  for (const count of counts) requireCount(count, "number of cells with a given number of nuclei");
  const cells = counts.reduce((total, count) => total + count, 0);
  requireTotal(cells, "number of cells classified by nuclei");
  return cells;
}
