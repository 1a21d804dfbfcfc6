import { expect, test } from "vitest";
import { drawBinomial } from "../../test/assay/probabilities.ts";
import { RandomStream } from "../core/random.ts";
import { auditSampleSize, estimateFromAudit } from "./audit-sample.ts";
import { clopperPearson } from "./frequency.ts";

test("none expected: as many cells as make 0 found exclude the precision, (1 - u)^m <= 0.025", () => {
  expect(auditSampleSize(0, 0.005)).toBe(Math.ceil(Math.log(0.025) / Math.log(1 - 0.005)));
});

test("the exact interval of the planned sample reaches just the wanted precision", () => {
  const size = auditSampleSize(0.01, 0.005);
  // With the expected 1 % found; the plan may need a fraction of a cell, so allow one cell either way.
  const reach = (found: number, cells: number): number => clopperPearson(found, cells).high - 0.01;
  const found = Math.round(size * 0.01);
  expect(reach(found, Math.round(found / 0.01) + 100)).toBeLessThan(0.005);
  expect(reach(found, Math.round(found / 0.01) - 100)).toBeGreaterThan(0.005 - 1e-3);
  expect(auditSampleSize(0.01, 0.0025)).toBeGreaterThan(3 * size);
});

test("by hand: 100 called positive (90 of 100 right), 900 called negative (2 of 200 reviewed missed)", () => {
  const { rate, standardError, sensitivity, specificity } = estimateFromAudit(
    { called: 100, reviewed: 100, foundPositive: 90 },
    { called: 900, reviewed: 200, foundPositive: 2 },
  );
  expect(rate).toBeCloseTo(0.1 * 0.9 + 0.9 * 0.01, 12);
  expect(sensitivity).toBeCloseTo(0.09 / 0.099, 12);
  expect(specificity).toBeCloseTo(0.891 / 0.901, 12);
  const variance = (0.01 * 0.09) / 100 + (0.81 * 0.0099) / 200 + (0.89 ** 2 * 0.09) / 1000;
  expect(standardError).toBeCloseTo(Math.sqrt(variance), 12);
});

test("everything reviewed: the rate is the counted one, with the binomial error", () => {
  const { rate, standardError } = estimateFromAudit(
    { called: 50, reviewed: 50, foundPositive: 40 },
    { called: 950, reviewed: 950, foundPositive: 10 },
  );
  expect(rate).toBeCloseTo(0.05, 12);
  expect(standardError).toBeCloseTo(Math.sqrt((0.05 * 0.95) / 1000), 12);
});

test("an audit that finds no positive cell knows no sensitivity", () => {
  const found = estimateFromAudit(
    { called: 10, reviewed: 10, foundPositive: 0 },
    { called: 90, reviewed: 50, foundPositive: 0 },
  );
  expect(found).toMatchObject({ rate: 0, sensitivity: null, specificity: 0.9 });
});

test("coverage: the audit's interval holds the true rate in about 95 % of simulated audits", () => {
  const random = new RandomStream("audit");
  const [cells, rate, sensitivity, specificity, audits] = [2000, 0.05, 0.85, 0.97, 600];
  let covered = 0;
  for (let audit = 0; audit < audits; audit++) {
    const positives = drawBinomial(random, cells, rate);
    const found = drawBinomial(random, positives, sensitivity);
    const falseCalls = drawBinomial(random, cells - positives, 1 - specificity);
    const called = found + falseCalls;
    const missedShare = (positives - found) / (cells - called);
    const missed = drawBinomial(random, 500, missedShare);
    const { low, high } = estimateFromAudit(
      { called, reviewed: called, foundPositive: found },
      { called: cells - called, reviewed: 500, foundPositive: missed },
    ).interval;
    if (low <= rate && rate <= high) covered++;
  }
  expect(Math.abs(covered / audits - 0.95)).toBeLessThan(0.03);
});

test("impossible audits are refused", () => {
  const right = { called: 10, reviewed: 5, foundPositive: 1 };
  expect(() => estimateFromAudit({ ...right, reviewed: 11 }, right)).toThrow(
    expect.objectContaining({ code: "COUNT_ABOVE_TOTAL" }),
  );
  expect(() => estimateFromAudit({ ...right, reviewed: 0, foundPositive: 0 }, right)).toThrow(
    expect.objectContaining({ code: "NO_CELLS_COUNTED" }),
  );
  expect(() => auditSampleSize(0.01, 1e-12)).toThrow(expect.objectContaining({ code: "AUDIT_TOO_PRECISE" }));
  expect(() => auditSampleSize(1.5, 0.01)).toThrow(expect.objectContaining({ code: "PROBABILITY_OUT_OF_RANGE" }));
});
