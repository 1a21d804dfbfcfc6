import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { cochranArmitage } from "./trend.ts";

const groups = [
  { dose: 0, mnbnCells: 12, bnCells: 2000 },
  { dose: 1.25, mnbnCells: 15, bnCells: 2000 },
  { dose: 2.5, mnbnCells: 24, bnCells: 2000 },
  { dose: 5, mnbnCells: 39, bnCells: 2000 },
];

test("Cochran-Armitage over doses and over ranks: T, variance, Z, one-sided p (statsmodels)", () => {
  for (const [scores, key] of [
    ["dose", "CA trend doses 0,1.25,2.5,5 [T,Var,Z,p1]"],
    ["rank", "CA trend scores 0..3"],
  ] as const) {
    const { statistic, variance, z, rising } = cochranArmitage(groups, scores);
    golden.near([statistic, variance, z, rising], key);
  }
});

test("the order of the groups and the unit of the dose change nothing; a falling trend has negative Z", () => {
  const { z } = cochranArmitage(groups);
  expect(cochranArmitage([...groups].reverse()).z).toBeCloseTo(z, 12);
  expect(cochranArmitage(groups.map((group) => ({ ...group, dose: 1000 * group.dose }))).z).toBeCloseTo(z, 10);
  const falling = cochranArmitage(groups.map((group) => ({ ...group, dose: 5 - group.dose })));
  expect(falling.z).toBeCloseTo(-z, 12);
  expect(falling.rising).toBeCloseTo(1, 4);
  expect(falling.twoSided).toBeCloseTo(cochranArmitage(groups).twoSided, 12);
});

test("two groups: Z squared is the chi-squared statistic without correction", () => {
  const pair = [
    { dose: 0, mnbnCells: 12, bnCells: 2000 },
    { dose: 7, mnbnCells: 31, bnCells: 2000 },
  ];
  golden.near([cochranArmitage(pair).z ** 2, cochranArmitage(pair).twoSided], "chi2 noYates");
});

test("two cultures of one dose share a rank", () => {
  const split = groups.flatMap((group) => [
    { ...group, mnbnCells: group.mnbnCells - 5, bnCells: 1000 },
    { ...group, mnbnCells: 5, bnCells: 1000 },
  ]);
  expect(cochranArmitage(split, "rank").z).toBeCloseTo(cochranArmitage(groups, "rank").z, 12);
});

test.each([
  ["TREND_NEEDS_DOSES", groups.slice(0, 1)],
  ["TREND_NEEDS_DOSES", []],
  ["TREND_NEEDS_DOSES", groups.map((group) => ({ ...group, dose: 1 }))],
  ["ONE_OUTCOME_ONLY", groups.map((group) => ({ ...group, mnbnCells: 0 }))],
  ["QUANTITY_INVALID", groups.map((group) => ({ ...group, dose: -group.dose - 1 }))],
  ["COUNT_ABOVE_TOTAL", groups.map((group) => ({ ...group, bnCells: 10 }))],
])("refuses with %s (%#)", (code, refused) => {
  expect(() => cochranArmitage(refused)).toThrow(expect.objectContaining({ code }));
});
