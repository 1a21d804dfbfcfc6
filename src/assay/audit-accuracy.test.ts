import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { asMeasuredShare, auditAccuracy } from "./audit-accuracy.ts";
import { wilson } from "./frequency.ts";

test("1000 called positive, 9000 negative; 80 of 100 and 2 of 200 found positive: by hand", () => {
  const accuracy = auditAccuracy(
    { called: 1000, reviewed: 100, foundPositive: 80 },
    { called: 9000, reviewed: 200, foundPositive: 2 },
  );
  // 800 of the 1000 and 90 of the 9000 are positive; of the negative ones, 8910 of 9110 were called so.
  expect(accuracy.sensitivity?.share).toBeCloseTo(800 / 890, 12);
  expect(accuracy.specificity?.share).toBeCloseTo(8910 / 9110, 12);
});

test("where no missed cell was found the sensitivity is 1, with a lower limit below; without any positive cell unknown", () => {
  const negative = { called: 900, reviewed: 100, foundPositive: 0 };
  const { sensitivity } = auditAccuracy({ called: 100, reviewed: 50, foundPositive: 45 }, negative);
  expect(sensitivity).toMatchObject({ share: 1, interval: { high: 1 } });
  // At worst 3.7 % of 900 are missed (Wilson, 0 of 100): 33 beside the 90 found.
  expect(sensitivity?.interval.low).toBeGreaterThan(90 / (90 + 36));
  expect(sensitivity?.interval.low).toBeLessThan(0.85);
  expect(auditAccuracy({ called: 100, reviewed: 50, foundPositive: 0 }, negative).sensitivity).toBeNull();
});

test.each([
  [0.5, 0.8, 0.05, 100],
  [0.1, 0.9, 0.01, 200],
  [0.05, 0.7, 0.02, 150],
])(
  "the interval covers the truth as often as it says: q %d, f+ %d, f- %d, %d reviewed of each",
  (q, right, missed, reviewed) => {
    const stream = new RandomStream("audits");
    const draw = (share: number) => Array.from({ length: reviewed }, () => stream.chance(share)).filter(Boolean).length;
    const truth = (q * right) / (q * right + (1 - q) * missed);
    let covered = 0;
    for (let audit = 0; audit < 1000; audit++) {
      const accuracy = auditAccuracy(
        { called: 10_000 * q, reviewed, foundPositive: draw(right) },
        { called: 10_000 * (1 - q), reviewed, foundPositive: draw(missed) },
      );
      const { low = 0, high = 1 } = accuracy.sensitivity?.interval ?? {};
      if (low <= truth && truth <= high) covered++;
    }
    // Three standard errors of 1000 audits below 95 %.
    expect(covered).toBeGreaterThan(929);
  },
);

test("a share that was counted keeps its cells: 47 of 60", () => {
  const { correct, of } = asMeasuredShare({ share: 47 / 60, interval: wilson(47, 60) });
  expect(of).toBeCloseTo(60, 6);
  expect(correct).toBeCloseTo(47, 6);
});
