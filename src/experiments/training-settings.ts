import { UsageError } from "../core/errors.ts";
import { describeProblems, type LineOf } from "../core/settings-file.ts";
import { type TrainingSettings, trainingSettingsSchema } from "../training/settings.ts";

/** Training settings as a file writes them: all of them optional, nothing checked yet. */
export type SettingsPart = Readonly<Record<string, unknown>>;

/** `over` laid over `under`; objects are merged name by name, lists and values replaced. */
export function mergeSettings(under: SettingsPart, over: SettingsPart): SettingsPart {
  const entries = Object.entries(over).map(([name, value]) => {
    const below = under[name];
    return [name, isPart(below) && isPart(value) ? mergeSettings(below, value) : value];
  });
  return { ...under, ...Object.fromEntries(entries) };
}

/** Whether the settings say anything at this path. */
export function hasSetting(settings: unknown, [first, ...rest]: readonly PropertyKey[]): boolean {
  if (first === undefined) return true;
  return isPart(settings) && first in settings && hasSetting(settings[String(first)], rest);
}

/** Fills in defaults and checks; `where` names the file, and lines of it go into the message. Throws TRAINING_SETTINGS. */
export function checkTrainingSettings(value: unknown, where: string, lineOf: LineOf): TrainingSettings {
  const checked = trainingSettingsSchema.safeParse(value);
  if (checked.success) return checked.data;
  throw new UsageError(
    "TRAINING_SETTINGS",
    `The training settings of ${where} are not usable:${describeProblems(checked.error, lineOf)}`,
  );
}

function isPart(value: unknown): value is SettingsPart {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
