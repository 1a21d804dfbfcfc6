import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import type { RandomStream } from "../core/random.ts";
import { describeProblems, type LineOf, NO_LINES } from "../core/settings-file.ts";
import type { TrainingSettings } from "../training/settings.ts";
import { checkTrainingSettings, mergeSettings, type SettingsPart } from "./training-settings.ts";

const rangeSchema = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    /** Even steps, or even factors. */
    scale: z.enum(["linear", "log"]).default("linear"),
    /** Whole numbers only. */
    whole: z.boolean().default(false),
    /** Values of a grid search, both ends among them. */
    steps: z.int().min(2).optional(),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], error: "Expected more than from" })
  .refine(({ from, scale }) => scale === "linear" || from > 0, {
    path: ["from"],
    error: "Expected more than 0 for log",
  });

type Range = z.infer<typeof rangeSchema>;

/** A settings file of `mn tune`. */
const tuningSchema = z.strictObject({
  title: z.string().min(1).default("Search over settings"),
  /** Settings that all trainings share; what is left out is the paper's. */
  base: z.record(z.string(), z.unknown()).default({}),
  /** By path of a setting, such as `schedule.learningRate`: a list of values or a range. */
  vary: z
    .record(z.string().regex(/^\w+(\.\w+)*$/, "Expected names with points between them"), z.unknown())
    .refine((vary) => Object.keys(vary).length > 0, "Expected at least one setting to vary"),
});

/** Settings to be searched, checked. */
export interface Tuning {
  readonly title: string;
  readonly base: SettingsPart;
  readonly vary: readonly { readonly path: string; readonly values: readonly unknown[] | Range }[];
  /** Name of the file in messages, and its lines. */
  readonly where: string;
  readonly lineOf: LineOf;
}

/** One choice of the varied settings. */
export interface Candidate {
  /** Eight hexadecimal digits of the hash of all settings: they name its run folders, whatever else is searched. */
  readonly id: string;
  /** By path, in the order of the file. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly settings: TrainingSettings;
}

/** Checks a settings file of `mn tune`, but for the trainings themselves. Throws TUNING_SETTINGS. */
export function parseTuning(value: unknown, where: string, lineOf: LineOf = NO_LINES): Tuning {
  const checked = tuningSchema.safeParse(value);
  if (!checked.success) throw unusable(where, describeProblems(checked.error, lineOf));
  const { title, base, vary } = checked.data;
  const varied = Object.entries(vary).map(([path, values]) => {
    const choices = Array.isArray(values)
      ? z.array(z.unknown()).min(1).safeParse(values)
      : rangeSchema.safeParse(values);
    if (choices.success) return { path, values: choices.data };
    const inVary: LineOf = (at) => lineOf(["vary", path, ...at]);
    throw unusable(
      where,
      `${describeProblems(choices.error, inVary)}\n"${path}" takes a list of values, or a range such as { from: 0.001, to: 0.1, scale: log, steps: 5 }.`,
    );
  });
  return { title, base, vary: varied, where, lineOf };
}

/** More combinations than anybody trains, and than a table holds. */
const MOST_COMBINATIONS = 10_000;

/**
 * Every combination, the last path varying fastest; those of equal settings once. Throws TUNING_SETTINGS (a range without
 * steps, too many combinations) and TRAINING_SETTINGS.
 */
export function gridCandidates(tuning: Tuning): Candidate[] {
  const choices = tuning.vary.map(({ path, values }) => ({ path, values: gridValues(path, values, tuning) }));
  const count = choices.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_COMBINATIONS)
    throw unusable(tuning.where, ` the grid has ${count} combinations. Vary less, or draw some with --random.`);
  let combinations: Record<string, unknown>[] = [{}];
  for (const { path, values } of choices)
    combinations = combinations.flatMap((combination) => values.map((value) => ({ ...combination, [path]: value })));
  return distinct(combinations.map((values) => candidateOf(tuning, values)));
}

/** Draws for one candidate before the settings count as exhausted. */
const DRAWS_FOR_EACH = 100;

/**
 * `count` different combinations drawn at random, fewer where there are no more: of a list each value is equally likely, of a range every
 * number (every factor on a log scale). More of the same stream begin with the same. Throws TRAINING_SETTINGS.
 */
export function randomCandidates(tuning: Tuning, count: number, stream: RandomStream): Candidate[] {
  let candidates: Candidate[] = [];
  for (let draw = 0; draw < count * DRAWS_FOR_EACH && candidates.length < count; draw++) {
    const own = stream.fork(`draw ${draw}`);
    const values = tuning.vary.map((choice) => [choice.path, drawValue(choice.values, own.fork(choice.path))]);
    candidates = distinct([...candidates, candidateOf(tuning, Object.fromEntries(values))]);
  }
  return candidates;
}

function gridValues(path: string, values: readonly unknown[] | Range, { where, lineOf }: Tuning): readonly unknown[] {
  if (!isRange(values)) return values;
  const { steps } = values;
  if (steps !== undefined) return Array.from({ length: steps }, (_, step) => valueAt(values, step / (steps - 1)));
  const line = lineOf(["vary", path]);
  throw unusable(
    where,
    `${line === null ? "" : ` line ${line}:`} the range of "${path}" has no steps. A grid needs them; --random does not.`,
  );
}

function drawValue(values: readonly unknown[] | Range, stream: RandomStream): unknown {
  return isRange(values) ? valueAt(values, stream.uniform()) : values[stream.integer(values.length)];
}

/** The number at a share of the way from one end of a range to the other, to four significant digits. */
function valueAt({ from, to, scale, whole }: Range, share: number): number {
  const value = scale === "log" ? from * (to / from) ** share : from + (to - from) * share;
  return whole ? Math.round(value) : Number(value.toPrecision(4));
}

function isRange(values: readonly unknown[] | Range): values is Range {
  return !Array.isArray(values);
}

function candidateOf({ base, where, lineOf }: Tuning, values: Readonly<Record<string, unknown>>): Candidate {
  const written = Object.entries(values).reduce(
    (settings, [path, value]) => mergeSettings(settings, nested(path.split("."), value)),
    base,
  );
  const choice = Object.entries(values).map(([path, value]) => `${path} ${JSON.stringify(value)}`);
  const isAround = (name: string, path: readonly PropertyKey[]): boolean =>
    name.split(".").every((part, at) => part === String(path[at] ?? part));
  const lineInEither: LineOf = (path) => {
    const varied = Object.keys(values).find((name) => isAround(name, path));
    return lineOf(varied === undefined ? ["base", ...path] : ["vary", varied]);
  };
  const settings = checkTrainingSettings(written, `${where}, with ${choice.join(", ")}`, lineInEither);
  return { id: sha256(JSON.stringify(settings)).slice(0, 8), values, settings };
}

function nested([first = "", ...rest]: readonly string[], value: unknown): SettingsPart {
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

/** Those of equal settings once, the first of them. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const known = new Set<string>();
  return candidates.filter(({ id }) => !known.has(id) && known.add(id));
}

function unusable(where: string, reason: string): UsageError {
  return new UsageError("TUNING_SETTINGS", `The search of ${where} is not usable:${reason}`);
}
