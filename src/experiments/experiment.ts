import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { describeProblems, type LineOf, NO_LINES } from "../core/settings-file.ts";
import type { TrainingSettings } from "../training/settings.ts";
import type { TrainingResult } from "./run-trainings.ts";
import { checkTrainingSettings, hasSetting, mergeSettings } from "./training-settings.ts";

const settingsPart = z.record(z.string(), z.unknown());

/** A comparison of trainings on one data set and one split: a settings file of `mn experiment`. */
const experimentSchema = z.strictObject({
  title: z.string().min(1),
  /** Settings that all trainings share; what is left out is the paper's. */
  base: settingsPart.default({}),
  /** Each entry is trained once with each seed. The split does not depend on them. */
  seeds: z.array(z.int().nonnegative()).min(1).default([1]),
  /** The entry that the others are compared with. */
  proposed: z.string(),
  /** The same training with only the training set balanced (the paper's TAD), or null. */
  tad: z.string().nullable().default(null),
  entries: z
    .array(
      z.strictObject({
        /** Unique; names the run folders. */
        name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
        /** What differs from `base`. */
        settings: settingsPart.default({}),
        /** In place of the experiment's. */
        seeds: z.array(z.int().nonnegative()).min(1).optional(),
        /** The entry that it is compared with, in place of the proposed one: one that started from what it started from, say. */
        comparedWith: z.string().optional(),
        /** What a reader must know of it. */
        note: z.string().optional(),
      }),
    )
    .min(1),
});

export type Experiment = z.infer<typeof experimentSchema>;
export type ExperimentEntry = Experiment["entries"][number];

/** One training of an experiment. */
export interface PlannedRun {
  readonly entry: string;
  readonly seed: number;
  readonly settings: TrainingSettings;
}

export type FinishedRun = PlannedRun & TrainingResult;

/** The name of a training and of its run folder. */
export function runName({ entry, seed }: Pick<PlannedRun, "entry" | "seed">): string {
  return `${entry}-seed-${seed}`;
}

/** Whether a training is to be made. */
export type IsChosen = (run: Pick<PlannedRun, "entry" | "seed">) => boolean;

/**
 * Chooses trainings by the names of their entries or their own; all where no names are given. Throws EXPERIMENT_RUN_UNKNOWN
 * where a name is of neither.
 */
export function chosenRuns(runs: readonly PlannedRun[], names: readonly string[] | undefined): IsChosen {
  if (names === undefined) return () => true;
  const entries = new Set(runs.map(({ entry }) => entry));
  const known = new Set([...entries, ...runs.map(runName)]);
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return (run) => names.includes(run.entry) || names.includes(runName(run));
  throw new UsageError(
    "EXPERIMENT_RUN_UNKNOWN",
    `The experiment has no entry and no training "${unknown}". Its entries are ${[...entries].join(", ")}; ` +
      `its trainings are named like "${runName(runs[0] as PlannedRun)}".`,
  );
}

/**
 * Checks an experiment, its trainings included; `where` names the file in messages, and `lineOf` the lines of it.
 * Throws EXPERIMENT_SETTINGS and TRAINING_SETTINGS.
 */
export function parseExperiment(value: unknown, where: string, lineOf: LineOf = NO_LINES): Experiment {
  const checked = experimentSchema.safeParse(value);
  if (!checked.success) throw unusable(where, describeProblems(checked.error, lineOf));
  const experiment = checked.data;
  const names = experiment.entries.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw unusable(where, ` the entry "${repeated}" occurs twice.`);
  const named = [
    experiment.proposed,
    experiment.tad,
    ...experiment.entries.map(({ comparedWith }) => comparedWith ?? null),
  ];
  for (const name of named)
    if (name !== null && !names.includes(name)) throw unusable(where, ` there is no entry "${name}".`);
  const own = experiment.entries.find(({ name, comparedWith }) => comparedWith === name);
  if (own !== undefined) throw unusable(where, ` the entry "${own.name}" is compared with itself.`);
  plannedRuns(experiment, where, lineOf);
  return experiment;
}

/**
 * Every training: all entries with their first seed, then with their second, so that an experiment that is stopped early has
 * compared like with like. Throws TRAINING_SETTINGS.
 */
export function plannedRuns(
  { base, seeds, entries }: Experiment,
  where = "the experiment",
  lineOf: LineOf = NO_LINES,
): PlannedRun[] {
  const runsOfEntries = entries.map((entry, index) => {
    const own = (path: readonly PropertyKey[]) => ["entries", index, "settings", ...path];
    const lineInEither: LineOf = (path) => lineOf(hasSetting(entry.settings, path) ? own(path) : ["base", ...path]);
    return (entry.seeds ?? seeds).map((seed) => {
      const settings = { ...mergeSettings(base, entry.settings), seed };
      return {
        entry: entry.name,
        seed,
        settings: checkTrainingSettings(settings, `${where}, entry "${entry.name}"`, lineInEither),
      };
    });
  });
  const mostSeeds = Math.max(...runsOfEntries.map((runs) => runs.length));
  return Array.from({ length: mostSeeds }, (_, turn) => runsOfEntries.flatMap((runs) => runs[turn] ?? [])).flat();
}

function unusable(where: string, reason: string): UsageError {
  return new UsageError("EXPERIMENT_SETTINGS", `The experiment of ${where} is not usable:${reason}`);
}
