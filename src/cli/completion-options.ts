import { type Command, Option } from "commander";
import { UsageError } from "../core/errors.ts";
import type { OperatingPointRule } from "../evaluation/operating-point.ts";
import type { CalibrationChoice } from "../evaluation/recalibration-choice.ts";
import { numberBetween } from "./options.ts";

/** How a trained network becomes a model: its probabilities and its operating point. */
export interface CompletionOptions {
  readonly calibrate: CalibrationChoice;
  readonly balanced?: true;
  readonly sensitivity?: number;
  readonly specificity?: number;
  readonly threshold?: number;
}

/** Adds `--calibrate`, `--balanced`, `--sensitivity`, `--specificity` and `--threshold`. */
export function addCompletionOptions(command: Command): Command {
  const choices = ["auto", "temperature", "isotonic", "none"] as const satisfies readonly CalibrationChoice[];
  return command
    .addOption(
      new Option("--calibrate <method>", "fit probabilities to the validation cells; auto: what measures best")
        .choices(choices)
        .default("auto"),
    )
    .option(
      "--balanced",
      "operating point: greatest mean of sensitivity and specificity, whatever the share of positives; every value of balanceWithin alike",
    )
    .option("--sensitivity <share>", "operating point: at least this sensitivity on validation", numberBetween(0, 1))
    .option("--specificity <share>", "operating point: at least this specificity on validation", numberBetween(0, 1))
    .option("--threshold <probability>", "operating point: this one (default: highest F1)", numberBetween(0, 1));
}

/** The one rule that is asked for; the highest F1 without. Throws OPERATING_POINT_CONFLICT. */
export function operatingPointOf({
  balanced,
  sensitivity,
  specificity,
  threshold,
}: CompletionOptions): OperatingPointRule {
  const rules: OperatingPointRule[] = [
    ...(balanced === undefined ? [] : [{ rule: "balanced-accuracy" } as const]),
    ...(sensitivity === undefined ? [] : [{ rule: "sensitivity", target: sensitivity } as const]),
    ...(specificity === undefined ? [] : [{ rule: "specificity", target: specificity } as const]),
    ...(threshold === undefined ? [] : [{ rule: "fixed", threshold } as const]),
  ];
  if (rules.length <= 1) return rules[0] ?? { rule: "highest-f1" };
  throw new UsageError(
    "OPERATING_POINT_CONFLICT",
    "Only one of --balanced, --sensitivity, --specificity and --threshold can choose the operating point; give one of them.",
  );
}
