import fc from "fast-check";
import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { binomialProbabilities, total } from "../../test/assay/probabilities.ts";
import { chiSquaredTest, compareTotals, fisherExact, holm, oddsRatio, riskRatio } from "./comparison.ts";
import { normalUpperTail } from "./normal.ts";

const treated = { mnbnCells: 31, bnCells: 2000 };
const control = { mnbnCells: 12, bnCells: 2000 };

test("Fisher's exact test and the odds ratio of 31/2000 against 12/2000 (scipy)", () => {
  const { higher, twoSided } = fisherExact(treated, control);
  golden.near([oddsRatio(treated, control), higher], "fisher greater");
  golden.near([oddsRatio(treated, control), twoSided], "fisher two-sided");
});

test("chi-squared with and without Yates' correction (scipy), and its root, the z of two proportions", () => {
  const plain = chiSquaredTest(treated, control);
  const corrected = chiSquaredTest(treated, control, { yates: true });
  golden.near([plain.statistic, plain.twoSided], "chi2 noYates");
  golden.near([corrected.statistic, corrected.twoSided], "chi2 Yates");
  const z = Math.sqrt(plain.statistic);
  golden.near([z, normalUpperTail(z)], "ztest one-sided");
});

test("risk ratio with its log-Wald interval; null where a group has no cells with micronuclei", () => {
  const found = riskRatio(treated, control);
  golden.near([found?.ratio, found?.interval.low, found?.interval.high], "RR & CI");
  expect(riskRatio(treated, { mnbnCells: 0, bnCells: 2000 })).toBeNull();
});

test("34 micronuclei against 13 in equally many cells: exact conditional binomial (scipy)", () => {
  const { higher, twoSided } = compareTotals({ micronuclei: 34, bnCells: 2000 }, { micronuclei: 13, bnCells: 2000 });
  golden.near([higher, twoSided], "cond. binomial 34/2000 vs 13/2000 one-sided,two-sided");
});

test("no micronuclei in either group: totals do not differ, p = 1", () => {
  const none = { micronuclei: 0, bnCells: 500 };
  expect(compareTotals(none, none)).toEqual({ higher: 1, lower: 1, twoSided: 1 });
  expect(fisherExact({ mnbnCells: 0, bnCells: 500 }, { mnbnCells: 0, bnCells: 300 }).twoSided).toBe(1);
});

test("pairwise one-sided Fisher p-values and Holm's correction of them (scipy, statsmodels)", () => {
  const pValues = [15, 24, 39].map((mnbnCells) => fisherExact({ mnbnCells, bnCells: 2000 }, control).higher);
  golden.near(pValues, "Fisher one-sided vs ctrl 15,24,39");
  golden.near(holm(pValues), "Holm adj");
  const bonferroni = pValues.map((p) => Math.min(1, 3 * p));
  golden.near(bonferroni, "Bonferroni");
});

test("Holm keeps the order of the comparisons, never falls and never exceeds 1 or Bonferroni", () => {
  expect(holm([0.04, 0.01, 0.9])).toEqual([0.08, 0.03, 0.9]);
  expect(holm([0.03, 0.02, 0.02])).toEqual([0.06, 0.06, 0.06]);
  expect(holm([])).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }), (pValues) => {
      const adjusted = holm(pValues);
      for (const [i, p] of pValues.entries()) {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, pValues.length * p));
        for (const [j, q] of pValues.entries()) if (p <= q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0);
      }
    }),
    { seed: 1 },
  );
});

test("property: exchanging the groups exchanges the one-sided p-values and keeps the two-sided one", () => {
  const group = fc
    .record({ bnCells: fc.integer({ min: 1, max: 300 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ bnCells, share }) => ({ bnCells, mnbnCells: Math.round(share * bnCells) }));
  fc.assert(
    fc.property(group, group, (a, b) => {
      const [there, back] = [fisherExact(a, b), fisherExact(b, a)];
      expect(there.higher).toBeCloseTo(back.lower, 10);
      expect(there.twoSided).toBeCloseTo(back.twoSided, 10);
    }),
    { seed: 2 },
  );
});

test("10^9 cells in each group: Fisher's p-value meets the normal one", () => {
  // 0.7 standard errors apart, so that p is moderate.
  const large = { mnbnCells: 10_003_000, bnCells: 1_000_000_000 };
  const base = { mnbnCells: 10_000_000, bnCells: 1_000_000_000 };
  const z = Math.sqrt(chiSquaredTest(large, base, { yates: true }).statistic);
  expect(fisherExact(large, base).higher / normalUpperTail(z)).toBeCloseTo(1, 4);
});

test("coverage: the log-Wald interval of the risk ratio is near 95 % at a moderate baseline", () => {
  const [cells, pControl, pTreated] = [400, 0.05, 0.1];
  const [ofControl, ofTreated] = [binomialProbabilities(cells, pControl), binomialProbabilities(cells, pTreated)];
  let [covered, defined] = [0, 0];
  for (const [c, pc] of ofControl.entries())
    for (const [t, pt] of ofTreated.entries()) {
      if (pc * pt < 1e-9) continue;
      const found = riskRatio({ mnbnCells: t, bnCells: cells }, { mnbnCells: c, bnCells: cells });
      if (found === null) continue;
      defined += pc * pt;
      if (found.interval.low <= 2 && 2 <= found.interval.high) covered += pc * pt;
    }
  expect(covered / defined).toBeGreaterThan(0.945);
  expect(covered / defined).toBeLessThan(0.965);
});

test("size: Fisher's one-sided test at 5 % rejects a true null in no more than 5 % of studies", () => {
  const probabilities = binomialProbabilities(100, 0.04);
  const size = total(
    probabilities.flatMap((pc, c) =>
      probabilities.map((pt, t) => {
        if (pc * pt < 1e-9) return 0;
        const { higher } = fisherExact({ mnbnCells: t, bnCells: 100 }, { mnbnCells: c, bnCells: 100 });
        return higher < 0.05 ? pc * pt : 0;
      }),
    ),
  );
  expect(size).toBeGreaterThan(0.005);
  expect(size).toBeLessThanOrEqual(0.05);
});

test("one outcome only, too many positives and empty groups are refused", () => {
  const none = { mnbnCells: 0, bnCells: 10 };
  const all = { mnbnCells: 10, bnCells: 10 };
  expect(() => chiSquaredTest(none, none)).toThrow(expect.objectContaining({ code: "ONE_OUTCOME_ONLY" }));
  expect(() => chiSquaredTest(all, all)).toThrow(expect.objectContaining({ code: "ONE_OUTCOME_ONLY" }));
  expect(() => fisherExact({ mnbnCells: 11, bnCells: 10 }, none)).toThrow(
    expect.objectContaining({ code: "COUNT_ABOVE_TOTAL" }),
  );
  expect(() => compareTotals({ micronuclei: 3, bnCells: 0 }, { micronuclei: 3, bnCells: 10 })).toThrow(
    expect.objectContaining({ code: "NO_CELLS_COUNTED" }),
  );
});
