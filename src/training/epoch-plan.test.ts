import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { Cell } from "../dataset/cell.ts";
import { type PlanSettings, planEpoch, planOnce, planValidation } from "./epoch-plan.ts";

function cellsOf(positives: number, negatives: number, source = "a"): Cell[] {
  return Array.from({ length: positives + negatives }, (_, index) => ({
    file: `${source}-${index}.png`,
    path: `/${source}-${index}.png`,
    label: index < positives ? "mn" : "normal",
    columns: { source },
  }));
}

const PAPER: PlanSettings = { augmentation: "paper", balanced: true, balanceWithin: null, positiveClass: "mn" };

describe("the paper's augmentation", () => {
  test("shows as many positive as negative images: 4 positives become 20, 30 negatives are cut to 20", () => {
    const plan = planEpoch(cellsOf(4, 30), PAPER, new RandomStream(1), 0);
    expect(plan).toHaveLength(40);
    expect(plan.filter(({ positive }) => positive)).toHaveLength(20);
    const augmented = plan.filter(({ augmentation }) => augmentation !== null);
    expect(augmented).toHaveLength(16);
    expect(augmented.every(({ positive }) => positive)).toBe(true);
  });

  test("shows the same images in every epoch, in another order", () => {
    const epochs = [0, 1].map((epoch) => planEpoch(cellsOf(3, 9), PAPER, new RandomStream(7), epoch));
    const sorted = epochs.map((plan) => plan.map((image) => JSON.stringify(image)).sort());
    expect(sorted[0]).toEqual(sorted[1]);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });
});

test.each(["online", "microscopes"] as const)(
  "%s augmentation varies every image anew in every epoch",
  (augmentation) => {
    const settings = { ...PAPER, augmentation };
    const [first, second] = [0, 1].map((epoch) => planEpoch(cellsOf(5, 5), settings, new RandomStream(7), epoch));
    expect(first?.every(({ augmentation }) => augmentation !== null)).toBe(true);
    const drawn = new Set(
      [...(first ?? []), ...(second ?? [])].map(({ augmentation }) => JSON.stringify(augmentation)),
    );
    expect(drawn.size).toBe(20);
  },
);

test("balanced within sources, a source does not give the class away", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 })), {
        minLength: 1,
        maxLength: 4,
      }),
      (sources) => {
        const cells = sources.flatMap(([positives, negatives], index) =>
          cellsOf(positives, negatives, `source ${index}`),
        );
        const { samples } = planOnce(cells, { ...PAPER, balanceWithin: "source" }, new RandomStream(3));
        sources.forEach((_, index) => {
          const own = samples.filter(({ cell }) => cells[cell]?.columns.source === `source ${index}`);
          const positives = own.filter(({ cell }) => cells[cell]?.label === "mn").length;
          expect(2 * positives).toBe(own.length);
          expect(own.length).toBeGreaterThan(0);
        });
      },
    ),
  );
});

test("the validation set is the same whatever the epoch, and natural where it is not balanced", () => {
  const natural = planValidation(cellsOf(2, 7), { ...PAPER, balanced: false }, new RandomStream(1));
  expect(natural.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(natural.every(({ augmentation }) => augmentation === null)).toBe(true);
  const balanced = planValidation(cellsOf(2, 7), PAPER, new RandomStream(1));
  expect(balanced).toHaveLength(14);
  expect(planValidation(cellsOf(2, 7), PAPER, new RandomStream(1))).toEqual(balanced);
});
