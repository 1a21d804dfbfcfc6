import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { type GenotoxicityStudy, judgeStudy } from "./verdict.ts";

const group = (dose: number, mnbnCells: number, bnCells = 2000) => ({ dose, mnbnCells, bnCells });

const rising: GenotoxicityStudy = {
  control: { mnbnCells: 12, bnCells: 2000 },
  treated: [group(1.25, 15), group(2.5, 24), group(5, 39)],
  historicalRatePerCell: 11.25 / 2000,
};

test("significant, rising with dose and outside the historical limits 5 to 18: positive", () => {
  const { verdict, criteria, comparisons, trend } = judgeStudy(rising);
  expect(verdict).toBe("positive");
  expect(criteria.map(({ met }) => met)).toEqual([true, true, true]);
  golden.near(
    comparisons.map(({ pValue }) => pValue),
    "Fisher one-sided vs ctrl 15,24,39",
  );
  golden.near(
    comparisons.map(({ adjustedPValue }) => adjustedPValue),
    "Holm adj",
  );
  expect(comparisons.map(({ significant }) => significant)).toEqual([false, false, true]);
  expect(comparisons.map(({ historical }) => historical)).toMatchObject([
    { low: 5, high: 18, exceeded: false },
    { low: 5, high: 18, exceeded: true },
    { low: 5, high: 18, exceeded: true },
  ]);
  expect(trend?.z).toBeCloseTo(4.407949, 6);
});

test("the verdict says in words what led to it, with the numbers", () => {
  const { summary } = judgeStudy(rising);
  expect(summary).toContain("Positive");
  expect(summary).toContain("concentration 5 (19.5 per 1000, adjusted p 0.00027)");
  expect(summary).toContain("Z 4.408");
  expect(summary).toContain("limits 5 to 18");
});

test("never claims that a guideline was complied with", () => {
  const text = JSON.stringify([rising, { ...rising, treated: [group(1, 12, 500)] }].map((study) => judgeStudy(study)));
  expect(text).not.toMatch(/compl(y|ies|iant|iance)|conform/i);
});

test("nothing significant, no trend, inside the limits: negative", () => {
  const { verdict, criteria } = judgeStudy({ ...rising, treated: [group(1, 12), group(2, 10), group(4, 13)] });
  expect(verdict).toBe("negative");
  expect(criteria.map(({ met }) => met)).toEqual([false, false, false]);
});

test("criteria that disagree: equivocal", () => {
  const { verdict } = judgeStudy({ ...rising, treated: [group(1, 12), group(2, 20), group(4, 14)] });
  expect(verdict).toBe("equivocal");
});

test("without historical data a significant rise is equivocal, not positive, and the reason says so", () => {
  const { historicalRatePerCell: _, ...study } = rising;
  const { verdict, criteria } = judgeStudy(study);
  expect(verdict).toBe("equivocal");
  expect(criteria[2]).toEqual({
    name: "historical",
    met: null,
    reason: "Not compared with historical controls: none were given.",
  });
});

test("no micronuclei anywhere: negative, without a trend to compute", () => {
  const { verdict, trend } = judgeStudy({
    control: { mnbnCells: 0, bnCells: 2000 },
    treated: [group(1, 0), group(2, 0), group(3, 0)],
  });
  expect(verdict).toBe("negative");
  expect(trend).toBeNull();
});

test("remarks: few cells, few concentrations, toxicity, a control outside its history", () => {
  const { remarks } = judgeStudy({
    control: { mnbnCells: 40, bnCells: 2000 },
    treated: [{ ...group(1, 9, 1000), cytostasisPercent: 72 }],
    historicalRatePerCell: 11.25 / 2000,
  });
  expect(remarks).toHaveLength(4);
  expect(remarks.join(" ")).toMatch(/1,000 binucleated cells.*1 concentration.*72 %.*control itself \(40 cells\)/);
  expect(judgeStudy(rising).remarks).toEqual([]);
});

test("a study without treated groups, or with a treated dose of 0, is refused", () => {
  for (const treated of [[], [group(0, 12)]])
    expect(() => judgeStudy({ ...rising, treated })).toThrow(expect.objectContaining({ code: "TREND_NEEDS_DOSES" }));
});
