import { expect, test } from "vitest";
import { MAYAKANNAN } from "../../test/assay/calibration-data.ts";
import { fitCalibrationCurve } from "./calibration-curve.ts";
import { formatCurve, parseCurve } from "./curve-file.ts";
import { estimateDoseDelta } from "./dose.ts";

const fitted = fitCalibrationCurve(MAYAKANNAN);
const stored = () => JSON.parse(formatCurve(fitted));

test("a curve read back estimates the same dose, to the last digit", () => {
  const sample = { bnCells: 1000, micronuclei: 120 };
  expect(estimateDoseDelta(parseCurve(formatCurve(fitted), "c.json"), sample)).toEqual(
    estimateDoseDelta(fitted, sample),
  );
});

test("a curve from a publication needs coefficients, covariance and dose range only", () => {
  const { model, coefficients, covariance, doseRangeGray } = fitted;
  const text = JSON.stringify({
    format: "micronucleus-calibration-curve",
    version: 1,
    model,
    coefficients,
    covariance,
    doseRangeGray,
  });
  expect(parseCurve(text, "c.json")).toEqual({ model, coefficients, covariance, doseRangeGray });
});

test.each([
  ["no JSON", "c = 0.02"],
  ["another file", '{"hello": 1}'],
  [
    "an asymmetric covariance",
    JSON.stringify({
      ...stored(),
      covariance: [
        [1, 2, 0],
        [3, 1, 0],
        [0, 0, 1],
      ],
    }),
  ],
  [
    "a negative variance",
    JSON.stringify({
      ...stored(),
      covariance: [
        [-1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    }),
  ],
  ["a missing coefficient", JSON.stringify({ ...stored(), coefficients: { c: 0.02, alpha: 0.03 } })],
])("refuses %s", (_, text) => {
  expect(() => parseCurve(text, "c.json")).toThrow(expect.objectContaining({ code: "CURVE_FILE_INVALID" }));
});
