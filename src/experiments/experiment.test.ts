import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parseSettingsFile, readSettingsFile } from "../core/settings-file.ts";
import { ablationExperiment } from "./ablation.ts";
import { parseExperiment, plannedRuns } from "./experiment.ts";
import { paperExperiment } from "./paper-experiment.ts";

const tiny = { title: "t", proposed: "a", entries: [{ name: "a" }, { name: "b", settings: { loss: { gamma: 0 } } }] };

test("an entry's settings lie over the base, key by key, and each seed is a run, first seeds first", () => {
  const experiment = parseExperiment(
    {
      ...tiny,
      base: { epochs: 15, network: { name: "alex-light", widthMultiplier: 0.5 } },
      seeds: [3, 4],
      entries: [{ name: "a" }, { name: "b", settings: { network: { name: "alexnet-attention" } }, seeds: [9] }],
    },
    "a test",
  );
  const runs = plannedRuns(experiment).map(({ entry, seed, settings }) => [
    entry,
    seed,
    settings.network,
    settings.epochs,
  ]);
  expect(runs).toEqual([
    ["a", 3, { name: "alex-light", widthMultiplier: 0.5 }, 15],
    ["b", 9, { name: "alexnet-attention", widthMultiplier: 0.5 }, 15],
    ["a", 4, { name: "alex-light", widthMultiplier: 0.5 }, 15],
  ]);
  expect(plannedRuns(experiment)[0]?.settings.seed).toBe(3);
});

test.each([
  [{ ...tiny, proposed: "c" }, /there is no entry "c"/],
  [{ ...tiny, entries: [{ name: "a" }, { name: "b", comparedWith: "d" }] }, /there is no entry "d"/],
  [{ ...tiny, entries: [{ name: "a" }, { name: "b", comparedWith: "b" }] }, /entry "b" is compared with itself/],
  [{ ...tiny, entries: [{ name: "a" }, { name: "a" }] }, /occurs twice/],
  [{ ...tiny, seeds: [] }, /seeds/],
  [{ ...tiny, base: { epocs: 3 } }, /epocs/],
])("a wrong settings file is refused with the place: %j", (value, message) => {
  expect(() => parseExperiment(value, "mine.json")).toThrow(message);
});

test.each([
  ["base: { epocs: 3 }", /line 3: epocs: There is no such setting/],
  ["base: { epochs: 0 }", /line 3: epochs: Too small/],
  ["seeds: [1, two]", /line 3: seeds\.1: /],
])("a wrong line of a settings file is named: %s", (line, message) => {
  const { value, lineOf } = parseSettingsFile(`title: t\nproposed: a\n${line}\nentries:\n  - name: a\n`, "mine.yaml");
  expect(() => parseExperiment(value, "mine.yaml", lineOf)).toThrow(message);
});

test("what is wrong in an entry is named by its line, and not by that of the base below it", () => {
  const text =
    "title: t\nproposed: a\nbase: { loss: { gamma: 2 } }\nentries:\n  - name: a\n    settings:\n      loss: { gamma: -1 }\n";
  const { value, lineOf } = parseSettingsFile(text, "mine.yaml");
  expect(() => parseExperiment(value, "mine.yaml", lineOf)).toThrow(/entry "a".*\n {2}line 7: loss\.gamma: Too small/);
});

test("the paper's settings file in examples/ is the preset full, with every number in plain sight", async () => {
  const file = resolve(import.meta.dirname, "../../examples/experiments/paper.yaml");
  const { value, lineOf } = await readSettingsFile(file);
  const [written, preset] = [parseExperiment(value, file, lineOf), paperExperiment("full")];
  const withoutSettings = ({ base: _, entries, ...rest }: typeof written) => ({
    ...rest,
    entries: entries.map(({ settings: _, ...entry }) => entry),
  });
  expect(withoutSettings(written)).toEqual(withoutSettings(preset));
  expect(plannedRuns(written)).toEqual(plannedRuns(preset));
});

test.each(["initialisation.yaml", "initialisation-many-cells.yaml"])(
  "the entries of %s differ in what they start from alone, but for the epochs that random weights need",
  async (name) => {
    const file = resolve(import.meta.dirname, "../../examples/experiments", name);
    const { value, lineOf } = await readSettingsFile(file);
    const runs = plannedRuns(parseExperiment(value, file, lineOf));
    expect(runs.slice(0, 3).map(({ entry, seed }) => [entry, seed])).toEqual([
      ["imagenet", 1],
      ["random", 1],
      ["imagenet-drawn", 1],
    ]);
    const alike = runs.map(({ settings: { weights: _, epochs, schedule, seed: __, ...rest } }) => ({
      ...rest,
      share: schedule.everyEpochs / epochs,
    }));
    expect(new Set(alike.map((settings) => JSON.stringify(settings))).size).toBe(1);
    expect(runs.slice(0, 3).map(({ settings }) => settings.weights)).toEqual([
      "imagenet",
      null,
      "drawn-run/model.onnx",
    ]);
  },
);

test("the example for many cells has the AlexNet family of standard with its three seeds, in fewer epochs", async () => {
  const file = resolve(import.meta.dirname, "../../examples/experiments/many-cells.yaml");
  const { value, lineOf } = await readSettingsFile(file);
  const shortened = parseExperiment(value, file, lineOf);
  const standard = paperExperiment("standard");
  expect(shortened.entries).toEqual(standard.entries.slice(0, 6));
  expect(shortened.entries.at(-1)?.name).toBe("alexnet");
  expect([shortened.seeds, shortened.proposed, shortened.tad]).toEqual([
    standard.seeds,
    standard.proposed,
    standard.tad,
  ]);
  expect(new Set(plannedRuns(shortened).map(({ settings }) => settings.epochs))).toEqual(new Set([5]));
});

test("full is the paper's recipe: 60 epochs, every network; standard says what it shortens", () => {
  const full = plannedRuns(paperExperiment("full"));
  expect(new Set(full.map(({ settings }) => settings.epochs))).toEqual(new Set([60]));
  expect(full.map(({ settings }) => settings.network.name)).toEqual(
    expect.arrayContaining([
      "alexnet",
      "alex-ca",
      "mobilenet",
      "vgg16",
      "googlenet",
      "resnet",
      "msa-net",
      "vgg-attention",
    ]),
  );
  const standard = paperExperiment("standard");
  const short = plannedRuns(standard).filter(({ settings }) => settings.epochs < 15);
  for (const { entry } of short)
    expect(standard.entries.find(({ name }) => name === entry)?.note).toContain("4 epochs only");
});

test.each(["full", "standard"] as const)(
  "%s compares what starts from random weights with the like, as long trained",
  (preset) => {
    const experiment = paperExperiment(preset);
    const runOf = (name: string) => plannedRuns(experiment).find(({ entry }) => entry === name)?.settings;
    const others = experiment.entries.filter(({ comparedWith }) => comparedWith !== undefined);
    expect(others.map(({ name }) => name)).toEqual([
      ...["mobilenet", "googlenet", "resnet", "vgg16", "msa-net"],
      ...["googlenet-attention", "resnet-attention", "vgg-attention"],
    ]);
    for (const { name, comparedWith } of others) {
      const { network, ...rest } = runOf(name) as object & { network: object };
      expect({ ...rest, network: { name: "alexnet-attention" } }).toEqual(runOf(comparedWith as string));
    }
  },
);

test("an ablation changes one setting of the proposed training at a time", () => {
  const [proposed, ...changed] = plannedRuns(ablationExperiment("full", true));
  for (const { settings } of changed.filter(({ seed }) => seed === 1)) {
    const keys = Object.keys(settings) as (keyof typeof settings)[];
    const differing = keys.filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(proposed?.settings[key]));
    expect(differing.length).toBeLessThanOrEqual(1);
  }
  expect(changed.map(({ entry }) => entry)).toContain("random-weights");
  const attention = (name: string) => changed.find(({ entry }) => entry === name)?.settings.network.attention;
  expect(attention("layer-6")).toEqual({ taps: [6] });
  expect(attention("layers-4-5-6")).toEqual({ taps: [4, 5, 6] });
  expect(attention("max-pooling")).toEqual({ pooling: "max" });
  expect(plannedRuns(ablationExperiment("full", false)).map(({ entry }) => entry)).not.toContain("random-weights");
});
