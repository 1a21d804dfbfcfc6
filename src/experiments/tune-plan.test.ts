import { resolve } from "node:path";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { parseSettingsFile, readSettingsFile } from "../core/settings-file.ts";
import { gridCandidates, parseTuning, randomCandidates } from "./tune-plan.ts";

function tuningOf(text: string) {
  const { value, lineOf } = parseSettingsFile(text, "grid.yaml");
  return parseTuning(value, "grid.yaml", lineOf);
}

const valuesOf = (text: string) => gridCandidates(tuningOf(text)).map(({ values }) => Object.values(values));

test("a grid has every combination, the last setting varying fastest", () => {
  const text = "vary:\n  loss.gamma: [0, 2]\n  augmentation: [paper, online, none]\n";
  expect(valuesOf(text)).toEqual([
    [0, "paper"],
    [0, "online"],
    [0, "none"],
    [2, "paper"],
    [2, "online"],
    [2, "none"],
  ]);
});

test("a candidate's settings are the base, with what varies laid over it", () => {
  const [first, second] = gridCandidates(
    tuningOf(
      "base: { epochs: 5, network: { name: alexnet-attention, widthMultiplier: 0.5 } }\n" +
        "vary:\n  network.attention.taps: [[6], [5, 6]]\n  weights: [null]\n",
    ),
  );
  expect(first?.settings).toMatchObject({ epochs: 5, weights: null, loss: { gamma: 2 } });
  expect(first?.settings.network).toEqual({
    ...{ name: "alexnet-attention", widthMultiplier: 0.5 },
    attention: { taps: [6] },
  });
  expect(second?.settings.network.attention).toEqual({ taps: [5, 6] });
});

test("ranges are cut into even steps, even factors, or whole numbers (by hand)", () => {
  expect(valuesOf("vary: { schedule.learningRate: { from: 0.001, to: 0.1, scale: log, steps: 3 } }")).toEqual([
    ...[[0.001], [0.01], [0.1]],
  ]);
  expect(valuesOf("vary: { loss.gamma: { from: 1, to: 2, steps: 5 } }").flat()).toEqual([1, 1.25, 1.5, 1.75, 2]);
  // 8, 16, 32 batches by factors; 1 to 2 in whole numbers has two different values, whatever the steps.
  expect(valuesOf("vary: { batch: { from: 8, to: 32, scale: log, whole: true, steps: 3 } }").flat()).toEqual([
    8, 16, 32,
  ]);
  expect(valuesOf("vary: { epochs: { from: 1, to: 2, whole: true, steps: 4 } }").flat()).toEqual([1, 2]);
});

test("equal settings are one candidate, named alike in every search", () => {
  const small = gridCandidates(tuningOf("vary: { loss.gamma: [2, 2.0, 0] }"));
  expect(small).toHaveLength(2);
  const large = gridCandidates(tuningOf("vary:\n  augmentation: [online, paper]\n  loss.gamma: [0, 1, 2]\n"));
  // gamma 2 with the paper's augmentation, which the small search leaves at its default.
  expect(large.map(({ id }) => id)).toContain(small[0]?.id);
  expect(new Set(large.map(({ id }) => id)).size).toBe(6);
});

const RANDOM = "vary:\n  schedule.learningRate: { from: 0.0001, to: 0.1, scale: log }\n  loss.gamma: [0, 1, 2, 5]\n";

test("a random search draws within the range, each factor equally likely, and each value of a list", () => {
  const drawn = randomCandidates(tuningOf(RANDOM), 300, new RandomStream(1)).map(({ settings }) => settings);
  const rates = drawn.map(({ schedule }) => schedule.learningRate);
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.0001);
  expect(Math.max(...rates)).toBeLessThanOrEqual(0.1);
  // Three decades: a third of the draws in each, give or take four standard deviations of 300 draws (33).
  const inDecade = (low: number) => rates.filter((rate) => rate >= low && rate < 10 * low).length;
  for (const low of [0.0001, 0.001, 0.01]) expect(Math.abs(inDecade(low) - 100)).toBeLessThan(33);
  for (const gamma of [0, 1, 2, 5])
    expect(Math.abs(drawn.filter(({ loss }) => loss.gamma === gamma).length - 75)).toBeLessThan(31);
});

test("the same seed draws the same, and more draws begin with the same", () => {
  const ids = (count: number, seed: number) =>
    randomCandidates(tuningOf(RANDOM), count, new RandomStream(seed)).map(({ id }) => id);
  expect(ids(6, 3).slice(0, 4)).toEqual(ids(4, 3));
  expect(ids(4, 3)).not.toEqual(ids(4, 4));
});

test("a random search of few combinations finds each of them once", () => {
  const found = randomCandidates(tuningOf("vary: { loss.gamma: [0, 1, 2] }"), 10, new RandomStream(1));
  expect(found.map(({ values }) => values["loss.gamma"]).sort()).toEqual([0, 1, 2]);
});

test.each([
  ["vary: {}", /at least one setting/],
  ["title: t\nvary:\n  loss.gamma: []\n", /line 3: /],
  ["vary:\n  epochs: { from: 5, to: 1 }\n", /line 2: to: Expected more than from/],
  ["vary:\n  loss.gamma: { from: 0, to: 1, scale: log }\n", /line 2: from: Expected more than 0/],
  ["base: {}\nvary:\n  epochs: 5\n", /"epochs" takes a list of values, or a range/],
  ["vary: { epochs: [1] }\nrandom: 5\n", /line 2: random: There is no such setting/],
])("a wrong search is refused with the line: %j", (text, message) => {
  expect(() => tuningOf(text)).toThrow(message);
});

test.each([
  ["base:\n  epocs: 5\nvary:\n  loss.gamma: [0]\n", /line 2: epocs: There is no such setting/],
  ["base: {}\nvary:\n  loss.gamma: [0, -1]\n", /with loss\.gamma -1.*\n {2}line 3: loss\.gamma: Too small/],
  ["vary:\n  network.attention.taps: [[6, 5]]\n", /line 2: network\.attention\.taps: Expected rising layers/],
  ["vary:\n  batch: { from: 8, to: 32 }\n", /line 2: the range of "batch" has no steps/],
  ["vary:\n  epochs: { from: 1, to: 200, whole: true, steps: 200 }\n  seed: { from: 1, to: 99, steps: 99 }\n", /19800/],
])("combinations that cannot be trained are refused before the first training: %j", (text, message) => {
  expect(() => gridCandidates(tuningOf(text))).toThrow(message);
});

test("the search of examples/ has the 24 combinations that its comment promises", async () => {
  const { value, lineOf } = await readSettingsFile(
    resolve(import.meta.dirname, "../../examples/experiments/tune.yaml"),
  );
  const tuning = parseTuning(value, "tune.yaml", lineOf);
  expect(gridCandidates(tuning)).toHaveLength(24);
  expect(randomCandidates(tuning, 8, new RandomStream(1))).toHaveLength(8);
});
