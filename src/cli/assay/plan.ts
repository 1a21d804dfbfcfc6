import { auditSampleSize } from "../../assay/audit-sample.ts";
import { type Background, cellsPerGroup, characteristicLimits } from "../../assay/planning.ts";
import { inWords, percentInWords } from "../../assay/wording.ts";
import type { Console } from "../console.ts";
import type { Fraction } from "./arguments.ts";
import { missingInput } from "./input.ts";

type PowerOptions = {
  readonly control: number;
  readonly treated: number;
  readonly power: number;
  readonly alpha: number;
  readonly twoSided: boolean;
};

/** `mn assay plan power`. */
export function runPower({ control, treated, power, alpha, twoSided }: PowerOptions, console: Console): void {
  const exact = cellsPerGroup({
    controlRate: control / 1000,
    treatedRate: treated / 1000,
    alpha,
    power,
    sides: twoSided ? 2 : 1,
  });
  const cells = Math.ceil(exact);
  console.result(
    { cellsPerGroup: cells, exact },
    `${inWords(cells)} binucleated cells in each group.\n` +
      `So many find a rise from ${inWords(control)} to ${inWords(treated)} per 1000 with a chance of ${percentInWords(power)}, ` +
      `at a ${percentInWords(alpha)} ${twoSided ? "two-sided" : "one-sided"} level.\n` +
      "Cultures that differ among themselves need more; Fisher's exact test needs slightly more.",
  );
}

type DetectionOptions = {
  readonly cells: number;
  readonly background?: number;
  readonly control?: Fraction;
  readonly alpha: number;
  readonly beta: number;
};

/** `mn assay plan detection`. */
export function runDetection(options: DetectionOptions, console: Console): void {
  const { cells, alpha, beta } = options;
  const background = backgroundOf(options);
  const limits = characteristicLimits(background, cells, { alpha, beta });
  const rate = (1000 * limits.detectionLimit) / cells;
  console.result(
    { background, bnCells: cells, ...limits, detectionLimitPerThousand: rate },
    `Decision threshold: ${inWords(limits.decisionThreshold)} micronuclei in ${inWords(cells)} cells.\n` +
      `  Up to this count, a sample is compatible with ${backgroundInWords(background)} ` +
      `(two-sided level ${percentInWords(alpha)}).\n` +
      `Detection limit: ${inWords(limits.detectionLimit)} micronuclei, ${inWords(rate)} in 1000 cells.\n` +
      `  A true yield of this size exceeds the threshold with a chance of ${percentInWords(1 - beta)}.`,
  );
}

function backgroundOf({ background, control }: DetectionOptions): Background {
  if ((background === undefined) === (control === undefined))
    throw missingInput("Give either --background (known, per 1000) or --control (counted, such as 4/1000).");
  return control === undefined
    ? { kind: "known", ratePerCell: (background ?? 0) / 1000 }
    : { kind: "estimated", micronuclei: control.part, bnCells: control.whole };
}

function backgroundInWords(background: Background): string {
  return background.kind === "known"
    ? `the known background of ${inWords(1000 * background.ratePerCell)} in 1000`
    : `the background of ${inWords(background.micronuclei)} counted in ${inWords(background.bnCells)} control cells`;
}

type AuditOptions = { readonly precision: number; readonly missed: number; readonly level?: number };

/** `mn assay plan audit`. */
export function runAudit({ precision, missed, level = 0.95 }: AuditOptions, console: Console): void {
  const cells = auditSampleSize(missed / 1000, precision / 1000, level);
  const expectation =
    missed === 0
      ? `If none of them has a micronucleus, fewer than ${inWords(precision)} in 1000 cells called negative are missed ones`
      : `If about ${inWords(Math.round((cells * missed) / 1000))} of them have one, the missed rate is known to be below ` +
        `${inWords(missed + precision)} in 1000`;
  console.result(
    { reviewedNegatives: cells },
    `Review ${inWords(cells)} cells, drawn at random from those called negative.\n` +
      `${expectation} (${percentInWords(level)} exact interval).\n` +
      "Cells chosen in any other way, such as the most doubtful ones, do not show what was missed.",
  );
}
