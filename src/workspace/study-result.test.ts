import { expect, test } from "vitest";
import { fitCalibrationCurve } from "../assay/calibration-curve.ts";
import { estimateDoseDelta } from "../assay/dose.ts";
import type { SampleCounts } from "./counts.ts";
import type { StudyDesign } from "./study.ts";
import { computeResult } from "./study-result.ts";
import type { SampleDetails } from "./study-table.ts";
import { sampleNamed } from "./study-table.ts";

const DESIGN: StudyDesign = {
  title: "T",
  kind: "biodosimetry",
  endpoint: "mnbn",
  level: 0.95,
  curve: null,
  curveModel: "linear-quadratic",
  exposureHours: 0,
  historicalRatePerCell: null,
};

/** A sample that the model alone has called, or that a person has counted where `distribution` is given. */
function counted(
  details: Partial<SampleDetails> & { name: string; excluded?: string },
  cells: { bnCells: number; mnbnCells: number; distribution?: number[] },
): SampleCounts {
  const { excluded = null, name, ...rest } = details;
  const { bnCells, mnbnCells, distribution = null } = cells;
  const seen = distribution !== null;
  return {
    sample: { ...sampleNamed(name, rest), id: 1, studyId: 1, code: "ABCDEF", excluded },
    slides: 1,
    cells: bnCells,
    bnCells,
    mnbnCells,
    micronuclei: distribution?.reduce((sum, count, k) => sum + k * count, 0) ?? null,
    distribution,
    countedMicronuclei: [],
    confirmed: {
      cells: 0,
      normal: 0,
      mn: seen ? mnbnCells : 0,
      mononucleate: 0,
      multinucleate: 0,
      unscorable: 0,
      readers: [],
    },
    automatic: { positive: seen ? 0 : mnbnCells, negative: bnCells - mnbnCells },
    predicted: { positive: mnbnCells, negative: bnCells - mnbnCells },
    uncounted: { duplicates: 0, unreadable: 0, flagged: 0, unscored: 0 },
  };
}

const CALIBRATION = [
  [0, 1000, 10],
  [1, 1000, 40],
  [2, 1000, 105],
  [4, 1000, 330],
] as const;

const calibrationSamples = CALIBRATION.flatMap(([dose, bnCells, mnbnCells]) => [
  // Two samples of half the cells each are one point.
  counted({ name: `${dose} Gy, 1`, dose }, { bnCells: bnCells / 2, mnbnCells: Math.floor(mnbnCells / 2) }),
  counted({ name: `${dose} Gy, 2`, dose }, { bnCells: bnCells / 2, mnbnCells: Math.ceil(mnbnCells / 2) }),
]);

test("a dose is read from the curve through the pooled calibration samples; samples without a dose are the unknown ones", () => {
  const unknown = counted({ name: "U" }, { bnCells: 500, mnbnCells: 60 });
  const { dose } = computeResult(DESIGN, [...calibrationSamples, unknown]);
  const points = CALIBRATION.map(([doseGray, bnCells, micronuclei]) => ({ doseGray, bnCells, micronuclei }));
  const expected = estimateDoseDelta(fitCalibrationCurve(points), { bnCells: 500, micronuclei: 60 });
  expect(dose?.doses).toHaveLength(1);
  expect(dose?.doses[0]?.delta).toEqual({ value: expected });
});

test("an excluded calibration sample is not in the curve", () => {
  const wrong = counted({ name: "wrong", dose: 4, excluded: "mixed up" }, { bnCells: 1000, mnbnCells: 5 });
  const withWrong = computeResult(DESIGN, [...calibrationSamples, wrong]);
  expect(withWrong.dose).toEqual(computeResult(DESIGN, calibrationSamples).dose);
  expect(withWrong.excluded.map(({ sample }) => sample.name)).toEqual(["wrong"]);
});

test("a dose from single micronuclei is refused where only the model has called some cells", () => {
  const known = calibrationSamples.map((sample) => ({
    ...sample,
    micronuclei: sample.mnbnCells,
    distribution: [sample.bnCells - sample.mnbnCells, sample.mnbnCells],
  }));
  const unknown = counted({ name: "U" }, { bnCells: 500, mnbnCells: 60 });
  const { dose } = computeResult({ ...DESIGN, endpoint: "mn" }, [...known, unknown]);
  expect(dose?.doses[0]?.delta).toMatchObject({
    missing: expect.stringContaining("60 cells were only called by the model"),
  });
  const seen = counted({ name: "U" }, { bnCells: 500, mnbnCells: 60, distribution: [440, 50, 10] });
  const { dose: known2 } = computeResult({ ...DESIGN, endpoint: "mn" }, [...known, seen]);
  expect(known2?.doses[0]?.counted).toMatchObject({ bnCells: 500, micronuclei: 70 });
});

test("without enough calibration doses there is a reason instead of a curve, and the frequencies remain", () => {
  const { dose, samples } = computeResult(DESIGN, [counted({ name: "U" }, { bnCells: 1000, mnbnCells: 14 })]);
  expect(dose?.curve).toMatchObject({ missing: expect.stringContaining("at least 3 different doses") });
  // 14 of 1000: the exact interval of STATISTICS.md, example 1.
  expect(samples[0]?.frequency?.clopperPearson.low).toBeCloseTo(7.6745, 4);
  expect(samples[0]?.frequency?.clopperPearson.high).toBeCloseTo(23.3782, 4);
});

const GENOTOXICITY: StudyDesign = { ...DESIGN, kind: "genotoxicity", historicalRatePerCell: 0.006 };

/** STATISTICS.md, example 7, each concentration in two cultures. */
const CONCENTRATIONS = [
  [0, 12],
  [1.25, 15],
  [2.5, 24],
  [5, 39],
] as const;

const cultures = CONCENTRATIONS.flatMap(([dose, mnbn]) => [
  counted(
    { name: `${dose} A`, dose, monoCells: 200, biCells: 280, multiCells: 20 },
    { bnCells: 1000, mnbnCells: Math.floor(mnbn / 2) },
  ),
  counted(
    {
      name: `${dose} B`,
      dose,
      monoCells: dose === 5 ? 320 : 200,
      biCells: dose === 5 ? 180 : 280,
      multiCells: dose === 5 ? 0 : 20,
    },
    { bnCells: 1000, mnbnCells: Math.ceil(mnbn / 2) },
  ),
]);

test("cultures of a concentration are pooled: Holm's p and the trend of STATISTICS.md, example 7", () => {
  const { genotoxicity } = computeResult(GENOTOXICITY, cultures);
  const verdict = genotoxicity?.verdict;
  if (verdict === undefined || "missing" in verdict) throw new Error("no verdict");
  expect(verdict.value.verdict).toBe("positive");
  expect(verdict.value.trend?.z).toBeCloseTo(4.407949, 6);
  const adjusted = verdict.value.comparisons.map(({ adjustedPValue }) => adjustedPValue);
  [0.350066, 0.0640443, 0.000271118].forEach((p, index) => {
    expect((adjusted[index] ?? 0) / p).toBeCloseTo(1, 5);
  });
});

test("cytostasis compares pooled proliferation with the control's, by hand", () => {
  const { genotoxicity } = computeResult(GENOTOXICITY, cultures);
  // CBPI - 1: control (560 + 40 * 2) / 1000 = 0.64; at 5: (280 + 180 + 20 * 2) / 1000 = 0.5.
  expect(genotoxicity?.groups.at(-1)?.cytostasisPercent).toBeCloseTo(100 - (100 * 0.5) / 0.64, 10);
  expect(genotoxicity?.groups[1]?.cytostasisPercent).toBeCloseTo(0, 10);
});

test("cultures that differ by more than counting error are told", () => {
  const uneven = [...cultures, counted({ name: "5 C", dose: 5 }, { bnCells: 1000, mnbnCells: 60 })];
  const { genotoxicity } = computeResult(GENOTOXICITY, uneven);
  expect(genotoxicity?.groups.at(-1)?.heterogeneityPValue).toBeLessThan(0.001);
  expect(genotoxicity?.groups[0]?.heterogeneityPValue).toBeGreaterThan(0.5);
});

test("without a control there is a reason instead of a verdict", () => {
  const { genotoxicity } = computeResult(
    GENOTOXICITY,
    cultures.filter(({ sample }) => sample.dose !== 0),
  );
  expect(genotoxicity?.verdict).toMatchObject({ missing: expect.stringContaining("no control") });
});
