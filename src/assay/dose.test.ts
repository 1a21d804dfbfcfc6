import { expect, test } from "vitest";
import { BARQUINERO, MAYAKANNAN } from "../../test/assay/calibration-data.ts";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { drawPoisson } from "../../test/assay/probabilities.ts";
import { RandomStream } from "../core/random.ts";
import { type CalibrationCurve, fitCalibrationCurve, yieldAt } from "./calibration-curve.ts";
import { dispersionOf } from "./dispersion.ts";
import {
  bandHalfWidth,
  type CaseCount,
  doseAtYield,
  estimateDoseDelta,
  estimateDoseMerkle,
  protractionFactor,
  yieldLimits,
} from "./dose.ts";

const barquinero = fitCalibrationCurve(BARQUINERO);
const mayakannan = fitCalibrationCurve(MAYAKANNAN);

const cases = {
  ex1: dispersionOf([302, 28, 22, 8, 1]),
  ex2: dispersionOf([160, 55, 19, 17, 9, 4]),
  mn: dispersionOf([895, 92, 11, 2]),
};

test.each([
  ["delta95 ex1 barq [lo,est,hi,se]", barquinero, cases.ex1],
  ["delta95 ex2", barquinero, cases.ex2],
  ["MN case delta", mayakannan, cases.mn],
])("delta method: %s (Biodose Tools)", (key, curve, sample) => {
  const { low, doseGray, high, standardErrorGray } = estimateDoseDelta(curve, sample);
  golden.near([low, doseGray, high, standardErrorGray], key);
});

type MerkleReference = {
  yield_: number[];
  dose: number[];
  pureMerkle_yield: number[];
  pureMerkle_dose: number[];
  R: number;
};

test.each([
  ["merkle83 ex1 barq", barquinero, cases.ex1, 0.83],
  ["merkle83 ex2 barq", barquinero, cases.ex2, 0.83],
  ["MN case merkle83 on mayak", mayakannan, cases.mn, 0.83],
  ["MN case merkle95 on mayak", mayakannan, cases.mn, 0.95],
] as const)("Merkle, with and without Biodose Tools' widening: %s", (key, curve, sample, level) => {
  const reference = golden.get<MerkleReference>(key);
  const widened = estimateDoseMerkle(curve, sample, { level });
  nearAll([widened.low, widened.doseGray, widened.high], reference.dose);
  const yields = yieldLimits(sample, level, true);
  nearAll([yields.low, widened.yieldPerCell, yields.high], reference.yield_);
  const pure = estimateDoseMerkle(curve, sample, { level, widen: false });
  nearAll([pure.low, pure.high], reference.pureMerkle_dose);
  const pureYields = yieldLimits(sample, level, false);
  nearAll([pureYields.low, pureYields.high], reference.pureMerkle_yield);
  const factor = bandHalfWidth(curve, 0, level) / Math.sqrt(curve.covariance[0]?.[0] ?? 0);
  nearAll([factor], [reference.R]);
});

test("protraction over half an hour with a repair time of two: G = .921625; acute exposure: G = 1", () => {
  golden.near([protractionFactor(0.5, 2)], "G(0.5h,t0=2)");
  expect(protractionFactor(0)).toBe(1);
  // The series takes over without a step.
  expect(protractionFactor(2e-4 * 1.0001)).toBeCloseTo(protractionFactor(2e-4 * 0.9999), 7);
  expect(protractionFactor(1e6)).toBeCloseTo(4e-6, 10);
});

test("the dose gives its yield back, acute and protracted, and protraction raises the dose", () => {
  for (const protraction of [1, 0.6, 0.01])
    for (const y of [0.03, 0.2, 1.5]) {
      const dose = doseAtYield(mayakannan, y, protraction);
      expect(yieldAt(mayakannan, dose, protraction)).toBeCloseTo(y, 12);
    }
  expect(doseAtYield(mayakannan, 0.3, 0.5)).toBeGreaterThan(doseAtYield(mayakannan, 0.3, 1));
});

test("a linear curve is divided through: (y - c) / alpha", () => {
  const linear: CalibrationCurve = { ...mayakannan, model: "linear", coefficients: { c: 0.02, alpha: 0.05, beta: 0 } };
  expect(doseAtYield(linear, 0.12)).toBeCloseTo(2, 12);
  // Two coefficients: R^2 is the chi-squared quantile with 2 degrees of freedom, -2 ln(1 - level).
  const root = Math.sqrt(-2 * Math.log(1 - 0.83));
  expect(bandHalfWidth(linear, 0, 0.83)).toBeCloseTo(root * Math.sqrt(linear.covariance[0]?.[0] ?? 0), 10);
});

test("at or below the background the dose is 0, and the interval still has an upper limit", () => {
  for (const micronuclei of [0, 10, 22]) {
    const found = estimateDoseDelta(mayakannan, { bnCells: 1000, micronuclei });
    expect(found).toMatchObject({ doseGray: 0, low: 0, atBackground: true });
    expect(found.high).toBeGreaterThan(0.2);
    const merkle = estimateDoseMerkle(mayakannan, { bnCells: 1000, micronuclei });
    expect(merkle).toMatchObject({ doseGray: 0, low: 0 });
  }
});

test("a yield little above the background has a dose, but its Merkle interval starts at 0", () => {
  const found = estimateDoseMerkle(mayakannan, { bnCells: 1000, micronuclei: 30 });
  expect(found.doseGray).toBeGreaterThan(0.2);
  expect(found.low).toBe(0);
});

test("doses beyond the calibrated ones are marked", () => {
  expect(estimateDoseDelta(mayakannan, { bnCells: 1000, micronuclei: 120 }).extrapolated).toBe(false);
  expect(estimateDoseDelta(mayakannan, { bnCells: 1000, micronuclei: 600 }).extrapolated).toBe(true);
});

test("a lower band that never reaches the yield leaves the upper limit open, and says so with null", () => {
  const vague: CalibrationCurve = {
    ...mayakannan,
    covariance: [
      [2e-6, 0, 0],
      [0, 1e-5, 0],
      [0, 0, 1e-5],
    ],
  };
  const found = estimateDoseMerkle(vague, { bnCells: 1000, micronuclei: 300 });
  expect(found.high).toBeNull();
  expect(found.extrapolated).toBe(true);
  expect(found.low).toBeGreaterThan(0);
});

test("overdispersion widens the interval; a dispersion index below 1 counts as Poisson", () => {
  const reach = (dispersionIndex?: number): number => {
    const { standardErrorGray } = estimateDoseDelta(mayakannan, {
      bnCells: 1000,
      micronuclei: 120,
      dispersionIndex: dispersionIndex ?? null,
    });
    return standardErrorGray ?? 0;
  };
  expect(reach(2)).toBeGreaterThan(reach());
  expect(reach(0.8)).toBe(reach());
});

const flat: CalibrationCurve = { ...mayakannan, coefficients: { c: 0.02, alpha: 0.05, beta: -0.005 } };
const falling: CalibrationCurve = { ...mayakannan, coefficients: { c: 0.02, alpha: -0.01, beta: 0.01 } };

test.each([
  ["NO_DOSE", () => estimateDoseDelta(flat, { bnCells: 100, micronuclei: 50 })],
  ["CURVE_NOT_RISING", () => estimateDoseDelta(falling, { bnCells: 100, micronuclei: 50 })],
  ["NO_CELLS_COUNTED", () => estimateDoseDelta(mayakannan, { bnCells: 0, micronuclei: 0 })],
  ["COUNT_INVALID", () => estimateDoseDelta(mayakannan, { bnCells: 100, micronuclei: -5 })],
  ["QUANTITY_INVALID", () => protractionFactor(-1)],
  ["QUANTITY_INVALID", () => protractionFactor(1, 0)],
  [
    "PROTRACTION_OUT_OF_RANGE",
    () => estimateDoseDelta(mayakannan, { bnCells: 10, micronuclei: 1 }, { protraction: 0 }),
  ],
  ["PROBABILITY_OUT_OF_RANGE", () => estimateDoseMerkle(mayakannan, { bnCells: 10, micronuclei: 1 }, { level: 95 })],
])("refuses with %s (%#)", (code, run) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});

test("coverage: over repeated calibrations and cases the intervals hold the true dose", () => {
  const random = new RandomStream("dose");
  const truth = fitCalibrationCurve(MAYAKANNAN, { scaling: "never" });
  const [trueDose, bnCells, repetitions] = [2, 1000, 300];
  let [delta, merkle] = [0, 0];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const points = MAYAKANNAN.map((point) => ({
      ...point,
      micronuclei: drawPoisson(random, point.bnCells * yieldAt(truth, point.doseGray)),
    }));
    const curve = fitCalibrationCurve(points, { scaling: "never" });
    const sample: CaseCount = { bnCells, micronuclei: drawPoisson(random, bnCells * yieldAt(truth, trueDose)) };
    const holds = ({ low, high }: { low: number; high: number | null }): boolean =>
      low <= trueDose && trueDose <= (high ?? Number.POSITIVE_INFINITY);
    if (holds(estimateDoseDelta(curve, sample))) delta++;
    if (holds(estimateDoseMerkle(curve, sample, { widen: false }))) merkle++;
  }
  // Three Monte-Carlo errors are 0.038. Merkle's 83 % limits on curve and yield together are conservative.
  expect(Math.abs(delta / repetitions - 0.95)).toBeLessThan(0.038);
  expect(merkle / repetitions).toBeGreaterThan(0.93);
});
