import { expect, test } from "vitest";
import { z } from "zod";
import { describeProblems, parseSettingsFile, readSettingsFile } from "./settings-file.ts";

const YAML = `# the paper's
epochs: 60
schedule:
  learningRate: 1e-2   # a number, as in JSON
weights: null
entries:
  - name: first
  - name: second
    settings: { loss: { gamma: two } }
`;

test("YAML and JSON give the same values, numbers with an exponent too", () => {
  const expected = {
    epochs: 60,
    schedule: { learningRate: 0.01 },
    weights: null,
    entries: [{ name: "first" }, { name: "second", settings: { loss: { gamma: "two" } } }],
  };
  expect(parseSettingsFile(YAML, "a.yaml").value).toEqual(expected);
  // Tabs would be wrong in YAML's own layout; between JSON's braces they are fine.
  expect(parseSettingsFile(JSON.stringify(expected, null, "\t"), "a.json").value).toEqual(expected);
});

test("every setting has the line of its name, and what is not there that of the nearest around it", () => {
  const { lineOf } = parseSettingsFile(YAML, "a.yaml");
  expect(lineOf(["epochs"])).toBe(2);
  expect(lineOf(["schedule", "learningRate"])).toBe(4);
  expect(lineOf(["entries", 1, "settings", "loss", "gamma"])).toBe(9);
  expect(lineOf(["schedule", "factor"])).toBe(3);
  expect(lineOf(["loss"])).toBeNull();
});

test("a setting behind an alias has the line where it is written", () => {
  const { lineOf, value } = parseSettingsFile("short: &short\n  epochs: 3\nbase: *short\n", "a.yaml");
  expect(value.base).toEqual({ epochs: 3 });
  expect(lineOf(["base", "epochs"])).toBe(2);
});

test("problems name line, setting and what was expected", () => {
  const schema = z.strictObject({ epochs: z.int().max(50), schedule: z.strictObject({}), seed: z.int() });
  const { value, lineOf } = parseSettingsFile(YAML, "a.yaml");
  const checked = schema.safeParse(value);
  const lines = describeProblems(checked.error as z.ZodError, lineOf)
    .split("\n")
    .slice(1);
  expect(lines.sort()).toEqual([
    "  line 2: epochs: Too big: expected number to be <=50",
    "  line 4: schedule.learningRate: There is no such setting",
    "  line 5: weights: There is no such setting",
    "  line 6: entries: There is no such setting",
    "  seed: Invalid input: expected number, received undefined",
  ]);
});

test.each([
  ["epochs: 3\nepochs: 4\n", /a\.yaml .* line 2, column 1: Map keys must be unique\./],
  ["loss:\n\tgamma: 2\n", /line 2, column 1: Tabs are not allowed/],
  ['{"epochs": 3', /line 1, column \d+: /],
  ["base: *short\n", /Unresolved alias/],
  ["", /holds no settings/],
  ["- epochs\n", /holds no settings/],
])("%j is refused with the place", (text, message) => {
  expect(() => parseSettingsFile(text, "a.yaml")).toThrow(message);
});

test("a file that is not there is refused with its path", async () => {
  await expect(readSettingsFile("nowhere/grid.yaml")).rejects.toMatchObject({ code: "SETTINGS_UNREADABLE" });
});
