import type { CalibrationPoint } from "../../src/assay/calibration-curve.ts";

/** Dicentrics of Barquinero et al. 1995, the calibration of Biodose Tools' own tests. */
export const BARQUINERO: readonly CalibrationPoint[] = table(
  [0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5],
  [5000, 5002, 2008, 2002, 1832, 1168, 562, 333, 193, 103, 59],
  [8, 14, 22, 55, 100, 109, 100, 103, 108, 103, 107],
);

/** Micronuclei of Mayakannan et al. 2018, distributed with Biodose Tools. */
export const MAYAKANNAN: readonly CalibrationPoint[] = table(
  [0, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6],
  [7500, 2500, 2950, 3000, 1610, 1409, 1490, 1466, 1314, 1537],
  [174, 60, 85, 111, 74, 134, 189, 310, 328, 450],
);

function table(doses: number[], cells: number[], micronuclei: number[]): CalibrationPoint[] {
  return doses.map((doseGray, i) => ({ doseGray, bnCells: cells[i] ?? 0, micronuclei: micronuclei[i] ?? 0 }));
}
