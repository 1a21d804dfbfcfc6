import { expect, test } from "vitest";
import { BARQUINERO } from "../../test/assay/calibration-data.ts";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { fitCalibrationCurve } from "./calibration-curve.ts";
import { estimatePartialBodyDose } from "./partial-body.ts";

const curve = fitCalibrationCurve(BARQUINERO);

type Reference = { lam: number[]; pi: number; dose: number[]; F: number };

test.each([
  ["dolphin ex1 barq", [302, 28, 22, 8, 1]],
  ["dolphin ex2 barq", [160, 55, 19, 17, 9, 4]],
])("%s: yield, scored fraction, dose and irradiated fraction (Biodose Tools)", (key, distribution) => {
  const { lam, pi, dose, F } = golden.get<Reference>(key);
  const found = estimatePartialBodyDose(curve, distribution);
  nearAll([found.yieldInterval.low, found.yieldOfIrradiated, found.yieldInterval.high], lam);
  nearAll([found.scoredFraction, found.irradiatedFraction], [pi, F]);
  nearAll([found.doseInterval.low, found.doseGray, found.doseInterval.high, found.standardErrorGray], dose);
  expect(found.experimental).toBe(true);
});

test("a Poisson distribution over all cells gives a scored fraction of 1", () => {
  const cells = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((k) => {
    const factorial = [1, 1, 2, 6, 24, 120, 720, 5040, 40320][k] ?? 1;
    return Math.round((1e8 * Math.exp(-1)) / factorial);
  });
  const found = estimatePartialBodyDose(curve, cells);
  expect(found.yieldOfIrradiated).toBeCloseTo(1, 4);
  expect(found.scoredFraction).toBeCloseTo(1, 4);
});

test("a longer-lived cell population (larger D0) means a smaller irradiated fraction", () => {
  const fraction = (survivalDoseGray: number): number =>
    estimatePartialBodyDose(curve, [302, 28, 22, 8, 1], { survivalDoseGray }).irradiatedFraction;
  expect(fraction(3.5)).toBeLessThan(fraction(2.7));
});

test("without a cell with several micronuclei the irradiated part cannot be told from the rest", () => {
  for (const distribution of [[100], [90, 10]])
    expect(() => estimatePartialBodyDose(curve, distribution)).toThrow(
      expect.objectContaining({ code: "NO_MULTIPLE_MICRONUCLEI" }),
    );
});
