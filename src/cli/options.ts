import { InvalidArgumentError, Option } from "commander";
import type { ViewCount } from "../scoring/views.ts";

/** What a command may be told to compute on. */
const DEVICES = ["auto", "cpu", "cuda", "webgpu", "coreml", "dml"] as const;

/** `--seed N`: equal seeds give equal results. */
export function seedOption(): Option {
  return new Option("--seed <number>", "seed of every random choice; equal seeds give equal results")
    .argParser(wholeNumber(0))
    .default(1);
}

/** `--device NAME`. */
export function deviceOption(): Option {
  return new Option("--device <name>", "where to compute").choices(DEVICES).default("auto");
}

/** `--threads N`: absent means as many as the processor has cores. */
export function threadsOption(): Option {
  return new Option("--threads <number>", "processor threads to compute with (default: one a core)").argParser(
    wholeNumber(1),
  );
}

/** `--views N`: orientations of each cell whose mean is its score. */
export function viewsOption(): Option {
  return new Option("--views <number>", "score the mean of 1, 2, 4 or 8 orientations of each cell: steadier, slower")
    .argParser(viewCount)
    .default(1);
}

function viewCount(text: string): ViewCount {
  const value = Number(text);
  if (value === 1 || value === 2 || value === 4 || value === 8) return value;
  throw new InvalidArgumentError(
    "Expected 1 (the cell as it is), 2 (and its mirror image), 4 (both flips) or 8 (all).",
  );
}

/** `--where COLUMN=VALUE`, as often as wanted: only cells with these values. */
export function whereOption(): Option {
  return new Option("--where <column=value>", "only cells with this value; may be repeated")
    .argParser(addPair)
    .default({}, "all cells");
}

/** The parser of an option that is several names with commas between them. */
export function nameList(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function addPair(text: string, pairs: Readonly<Record<string, string>>): Record<string, string> {
  const [, column, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (column === undefined || value === undefined)
    throw new InvalidArgumentError("Expected column=value, such as field=S-014.");
  return { ...pairs, [column]: value };
}

/** A parser for an option that is a whole number of at least `lowest` and at most `highest`. */
export function wholeNumber(lowest: number, highest: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= lowest && value <= highest) return value;
    const range = highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A parser for an option that is a number from `lowest` to `highest`, both included. */
export function numberBetween(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(
      highest === Number.POSITIVE_INFINITY
        ? `Expected a number of at least ${lowest}.`
        : `Expected a number from ${lowest} to ${highest}.`,
    );
  };
}
