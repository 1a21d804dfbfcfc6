import { Command } from "commander";
import { expect, test } from "vitest";
import { deviceOption, numberBetween, seedOption, threadsOption, wholeNumber } from "./options.ts";

function parse(...args: string[]): Record<string, unknown> {
  const command = new Command("test").exitOverride().configureOutput({ writeErr: () => {} });
  command.addOption(seedOption()).addOption(deviceOption()).addOption(threadsOption());
  return command.parse(args, { from: "user" }).opts();
}

test("seed and device have defaults, threads is left to the machine", () => {
  expect(parse()).toEqual({ seed: 1, device: "auto" });
});

test("seed, device and threads are read as numbers and names", () => {
  expect(parse("--seed", "7", "--device", "cuda", "--threads", "4")).toEqual({ seed: 7, device: "cuda", threads: 4 });
});

test.each([
  ["--seed", "1.5"],
  ["--seed", "-1"],
  ["--seed", ""],
  ["--threads", "0"],
  ["--threads", "four"],
  ["--device", "tpu"],
])("%s %j is refused", (option, value) => {
  expect(() => parse(option, value)).toThrow();
});

test("a whole number outside its range is refused with the range", () => {
  expect(wholeNumber(1, 5)("5")).toBe(5);
  expect(() => wholeNumber(1, 5)("6")).toThrow("Expected a whole number from 1 to 5.");
  expect(() => wholeNumber(1)("0")).toThrow("Expected a whole number of at least 1.");
});

test("a number keeps its ends and refuses what is outside, empty or no number", () => {
  expect([numberBetween(0, 1)("0"), numberBetween(0, 1)("1"), numberBetween(0, 1)("1e-3")]).toEqual([0, 1, 0.001]);
  for (const text of ["1.01", "-0.01", "", " ", "NaN", "half"]) {
    expect(() => numberBetween(0, 1)(text)).toThrow("Expected a number from 0 to 1.");
  }
  expect(() => numberBetween(0, Number.POSITIVE_INFINITY)("-1")).toThrow("Expected a number of at least 0.");
});
