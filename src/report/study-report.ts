import type { AuditEstimate, AuditedCalls } from "../assay/audit-sample.ts";
import { estimateFromAudit } from "../assay/audit-sample.ts";
import type { Interval } from "../assay/frequency.ts";
import { type CorrectedRate, langReiczigel, type MeasuredShare } from "../assay/misclassification.ts";
import type { AuditHead } from "../workspace/audit-trail.ts";
import type { AuditedCell } from "../workspace/call-audit.ts";
import type { Scoring } from "../workspace/scorings.ts";
import type { Study } from "../workspace/study.ts";
import type { Deviation } from "../workspace/study-cells.ts";
import type { SampleResult, StudyResult } from "../workspace/study-result.ts";

/** A cell of the gallery, its pictures as data URIs; null where the image file is no longer where it was. */
export interface GalleryCell {
  readonly sample: string;
  readonly slide: string;
  readonly file: string;
  readonly probability: number | null;
  /** Such as "A. Reader: 2 micronuclei"; null where only the model has called the cell. */
  readonly confirmed: string | null;
  readonly picture: string | null;
  readonly overlay: string | null;
}

/** Everything that a study's report shows: a state of the workspace, and nothing of the moment or the machine. */
export interface StudyReport {
  readonly study: Study;
  readonly result: StudyResult;
  /** The scoring in use; null before the first. */
  readonly scoring: Scoring | null;
  readonly otherScorings: readonly Scoring[];
  /** Cells by probability in equal steps from 0 to 1, split by what they were called. */
  readonly histogram: {
    readonly edges: readonly number[];
    readonly positives: readonly number[];
    readonly negatives: readonly number[];
  };
  readonly audited: readonly AuditedCell[];
  readonly deviations: readonly Deviation[];
  /** The audit trail's last entry, and when it was made: the state that this report shows. */
  readonly head: AuditHead;
  readonly stateAt: string;
  readonly sources: readonly { readonly path: string; readonly sha256: string | null }[];
  readonly gallery: readonly GalleryCell[];
  /** Version of this software. */
  readonly version: string;
}

/** Sums over the samples that count. */
export interface StudyTotals {
  readonly samples: number;
  readonly cells: number;
  readonly bnCells: number;
  readonly mnbnCells: number;
  readonly confirmedBn: number;
  readonly confirmedMn: number;
  readonly automatic: number;
  readonly automaticMn: number;
  readonly readers: readonly { readonly reader: string; readonly cells: number }[];
}

export function totalsOf(samples: readonly SampleResult[]): StudyTotals {
  const sum = (countOf: (sample: SampleResult) => number): number =>
    samples.reduce((total, sample) => total + countOf(sample), 0);
  const readers = new Map<string, number>();
  for (const { reader, cells } of samples.flatMap(({ confirmed }) => confirmed.readers))
    readers.set(reader, (readers.get(reader) ?? 0) + cells);
  return {
    samples: samples.length,
    cells: sum(({ cells }) => cells),
    bnCells: sum(({ bnCells }) => bnCells),
    mnbnCells: sum(({ mnbnCells }) => mnbnCells),
    confirmedBn: sum(({ confirmed }) => confirmed.normal + confirmed.mn),
    confirmedMn: sum(({ confirmed }) => confirmed.mn),
    automatic: sum(({ automatic }) => automatic.positive + automatic.negative),
    automaticMn: sum(({ automatic }) => automatic.positive),
    readers: [...readers].map(([reader, cells]) => ({ reader, cells })).sort((one, other) => other.cells - one.cells),
  };
}

/** How good the model's calls are on this study's own cells, after a random sample of them was seen by persons. */
export interface OwnAudit {
  readonly positive: AuditedCalls;
  readonly negative: AuditedCalls;
  readonly estimate: AuditEstimate;
}

/** The estimate from the audited cells; null unless cells of both calls were drawn and seen. */
export function ownAudit({ result, audited, study }: StudyReport): OwnAudit | null {
  const called = calledByModel(result.samples);
  const side = (predicted: "positive" | "negative"): AuditedCalls => {
    const seen = audited.filter((cell) => cell.predicted === predicted);
    return {
      called: called[predicted],
      reviewed: seen.length,
      foundPositive: seen.filter((cell) => cell.positive).length,
    };
  };
  const [positive, negative] = [side("positive"), side("negative")];
  if (positive.reviewed === 0 || negative.reviewed === 0) return null;
  return { positive, negative, estimate: estimateFromAudit(positive, negative, study.design.level) };
}

/** The model's own sensitivity and specificity, from its card, and what they make of this study's automatic calls. */
export interface CardCorrection {
  readonly split: string;
  readonly sensitivity: MeasuredShare;
  readonly specificity: MeasuredShare;
  readonly calledPositive: number;
  readonly cells: number;
  readonly corrected: CorrectedRate;
}

/** Null where the model's card has no such numbers, the model is no better than chance, or nothing was called. */
export function cardCorrection({ scoring, result, study }: StudyReport): CardCorrection | null {
  const measured = cardMetrics(scoring);
  const { positive, negative } = calledByModel(result.samples);
  const cells = positive + negative;
  if (measured === null || cells === 0) return null;
  const { sensitivity, specificity } = measured;
  if (sensitivity.correct / sensitivity.of + specificity.correct / specificity.of <= 1) return null;
  const corrected = langReiczigel({ calledPositive: positive, cells, sensitivity, specificity }, study.design.level);
  return { ...measured, calledPositive: positive, cells, corrected };
}

/** What the model called, confirmed or not. */
function calledByModel(samples: readonly SampleResult[]): { positive: number; negative: number } {
  return samples.reduce(
    ({ positive, negative }, { predicted }) => ({
      positive: positive + predicted.positive,
      negative: negative + predicted.negative,
    }),
    { positive: 0, negative: 0 },
  );
}

/** Test results where the card has them, else validation results, which chose the threshold and flatter. */
function cardMetrics(scoring: Scoring | null) {
  const metrics = (scoring?.model.metrics ?? {}) as Readonly<Record<string, unknown>>;
  for (const split of ["test", "validation"]) {
    const number = (name: string): number => Number(metrics[`${split}_${name}`] ?? Number.NaN);
    const [cells, positives, se, sp] = [
      number("cells"),
      number("positives"),
      number("sensitivity"),
      number("specificity"),
    ];
    if (![cells, positives, se, sp].every(Number.isFinite) || positives < 1 || cells <= positives) continue;
    return {
      split,
      sensitivity: { correct: Math.round(se * positives), of: positives },
      specificity: { correct: Math.round(sp * (cells - positives)), of: cells - positives },
    };
  }
  return null;
}

/** [low, high] as the charts take it. */
export function pairOf({ low, high }: Interval): [number, number] {
  return [low, high];
}
