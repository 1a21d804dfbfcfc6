import { expect, test } from "vitest";
import { BARQUINERO, MAYAKANNAN } from "../../test/assay/calibration-data.ts";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { drawPoisson } from "../../test/assay/probabilities.ts";
import { RandomStream } from "../core/random.ts";
import { type CurveCoefficients, fitCalibrationCurve, yieldAt } from "./calibration-curve.ts";

const listed = ({ c, alpha, beta }: CurveCoefficients): number[] => [c, alpha, beta];

test.each([
  ["barquinero", BARQUINERO],
  ["mayak", MAYAKANNAN],
])("%s: coefficients, errors, covariance and goodness of fit (statsmodels; Biodose Tools' tests)", (key, points) => {
  const plain = fitCalibrationCurve(points, { scaling: "never" });
  golden.near(listed(plain.coefficients), `${key} b`);
  golden.near(listed(plain.standardErrors), `${key} se`);
  nearAll(plain.covariance.flat(), golden.get<number[][]>(`${key} cov`).flat());
  const fit = plain.goodnessOfFit;
  golden.near([fit.pearsonChiSquared], `${key} pearson`);
  golden.near([fit.degreesOfFreedom], `${key} df`);
  golden.near([fit.dispersion], `${key} phi`);
  golden.near([fit.deviance], `${key} dev`);
  golden.near([fit.pValue], `${key} p_gof`);
  golden.near([fit.logLikelihood], `${key} loglik`);
  golden.near([fit.aic], `${key} AIC`);
  golden.near(listed(fitCalibrationCurve(points, { scaling: "always" }).standardErrors), `${key} se_q`);
});

test("the covariance is widened for a dispersion above 1 and left alone below", () => {
  golden.near(listed(fitCalibrationCurve(MAYAKANNAN).standardErrors), "mayak se_q");
  golden.near(listed(fitCalibrationCurve(BARQUINERO).standardErrors), "barquinero se");
});

test("counts that lie on a curve give it back, linear or linear-quadratic", () => {
  const doses = [0, 1, 2, 3, 4];
  const quadratic = doses.map((d) => ({ doseGray: d, bnCells: 1000, micronuclei: 20 + 30 * d + 10 * d ** 2 }));
  nearAll(listed(fitCalibrationCurve(quadratic).coefficients), [0.02, 0.03, 0.01]);
  expect(yieldAt(fitCalibrationCurve(quadratic), 2.5)).toBeCloseTo(0.02 + 0.075 + 0.0625, 12);
  const linear = doses.map((d) => ({ doseGray: d, bnCells: 1000, micronuclei: 20 + 30 * d }));
  const fit = fitCalibrationCurve(linear, { model: "linear" });
  nearAll(listed(fit.coefficients), [0.02, 0.03, 0]);
  expect(fit.covariance[2]).toEqual([0, 0, 0]);
});

test("two doses and the linear model: the fit passes through both, without degrees of freedom", () => {
  const fit = fitCalibrationCurve(
    [
      { doseGray: 0, bnCells: 1000, micronuclei: 10 },
      { doseGray: 2, bnCells: 500, micronuclei: 45 },
    ],
    { model: "linear" },
  );
  nearAll(listed(fit.coefficients), [0.01, 0.04, 0]);
  expect(fit.goodnessOfFit).toMatchObject({ degreesOfFreedom: 0, pValue: null, dispersion: null });
  // Var(c) = X / N^2 of the control alone.
  expect(fit.standardErrors.c).toBeCloseTo(Math.sqrt(10) / 1000, 12);
});

test("doses in milligray only change the unit of the coefficients", () => {
  const gray = fitCalibrationCurve(MAYAKANNAN);
  const milligray = fitCalibrationCurve(MAYAKANNAN.map((point) => ({ ...point, doseGray: 1000 * point.doseGray })));
  expect(milligray.coefficients.beta * 1e6).toBeCloseTo(gray.coefficients.beta, 9);
  expect(milligray.goodnessOfFit.pearsonChiSquared).toBeCloseTo(gray.goodnessOfFit.pearsonChiSquared, 6);
});

test("10^9 cells a dose are fitted like any other number", () => {
  const many = [0, 1, 2, 4].map((d) => ({ doseGray: d, bnCells: 1e9, micronuclei: 1e7 * (1 + d + d * d) }));
  nearAll(listed(fitCalibrationCurve(many).coefficients), [0.01, 0.01, 0.01]);
});

test("the standard errors are those of repeated experiments", () => {
  const random = new RandomStream("calibration");
  const truth = fitCalibrationCurve(MAYAKANNAN, { scaling: "never" });
  const alphas = Array.from({ length: 300 }, () => {
    const repeated = MAYAKANNAN.map((point) => {
      const mean = point.bnCells * yieldAt(truth, point.doseGray);
      return { ...point, micronuclei: drawPoisson(random, mean) };
    });
    return fitCalibrationCurve(repeated).coefficients.alpha;
  });
  const mean = alphas.reduce((sum, alpha) => sum + alpha, 0) / alphas.length;
  const spread = Math.sqrt(alphas.reduce((sum, alpha) => sum + (alpha - mean) ** 2, 0) / (alphas.length - 1));
  // The relative error of a standard deviation from 300 draws is 4 %.
  expect(spread / truth.standardErrors.alpha).toBeGreaterThan(0.88);
  expect(spread / truth.standardErrors.alpha).toBeLessThan(1.12);
});

const dose = (doseGray: number, micronuclei: number) => ({ doseGray, bnCells: 1000, micronuclei });

test.each([
  ["TOO_FEW_DOSES", [dose(0, 1), dose(1, 5)]],
  ["TOO_FEW_DOSES", [dose(0, 1), dose(1, 5), dose(1, 6), dose(1, 4)]],
  ["NO_MICRONUCLEI", [dose(0, 0), dose(1, 0), dose(2, 0)]],
  ["CURVE_NEGATIVE", [dose(0, 0), dose(1, 0), dose(2, 0), dose(3, 50), dose(4, 500)]],
  ["QUANTITY_INVALID", [dose(-1, 1), dose(1, 5), dose(2, 9)]],
  ["COUNT_INVALID", [dose(0, -1), dose(1, 5), dose(2, 9)]],
  ["NO_CELLS_COUNTED", [{ ...dose(0, 1), bnCells: 0 }, dose(1, 5), dose(2, 9)]],
  ["CURVE_UNDETERMINED", [dose(1, 5), dose(1 + 1e-9, 5), dose(1 + 2e-9, 5)]],
])("refuses with %s (%#)", (code, points) => {
  expect(() => fitCalibrationCurve(points)).toThrow(expect.objectContaining({ code }));
});
