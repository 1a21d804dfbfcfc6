import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { learningRateAt, type ScheduleSettings } from "./schedule.ts";

const pytorch = JSON.parse(readFileSync(new URL("../../test/golden/torch/lr.json", import.meta.url), "utf8")) as Record<
  "step_20_0p1" | "step_7_0p5",
  number[]
>;

const PAPER: ScheduleSettings = { learningRate: 0.01, everyEpochs: 20, factor: 0.1, warmUpSteps: 0, leastSteps: 0 };
const STEPS_PER_EPOCH = 10;

test.each([
  ["step_20_0p1", PAPER],
  ["step_7_0p5", { ...PAPER, everyEpochs: 7, factor: 0.5 }],
] as const)("the rates of 60 epochs are PyTorch's StepLR to the last digit: %s", (name, settings) => {
  const rates = Array.from({ length: 60 }, (_, epoch) =>
    learningRateAt(settings, epoch, epoch * STEPS_PER_EPOCH, STEPS_PER_EPOCH),
  );
  expect(rates).toEqual(pytorch[name]);
});

test("the warm-up rises in equal steps to the full rate (by hand: 0.0025, 0.005, 0.0075, 0.01, 0.01)", () => {
  const settings = { ...PAPER, warmUpSteps: 4 };
  const rates = [0, 1, 2, 3, 4].map((step) => learningRateAt(settings, 0, step, STEPS_PER_EPOCH));
  [0.0025, 0.005, 0.0075, 0.01, 0.01].forEach((rate, step) => {
    expect(rates[step]).toBeCloseTo(rate, 12);
  });
});

test("the first decay waits for the least number of steps, and later ones move along", () => {
  const settings = { ...PAPER, everyEpochs: 5, leastSteps: 75 };
  const rates = Array.from({ length: 20 }, (_, epoch) => learningRateAt(settings, epoch, 1000, STEPS_PER_EPOCH));
  expect(rates.lastIndexOf(0.01)).toBe(7);
  expect(rates[8]).toBeCloseTo(0.001, 12);
  expect(rates[12]).toBeCloseTo(0.001, 12);
  expect(rates[13]).toBeCloseTo(0.0001, 12);
});
