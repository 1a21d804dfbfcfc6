import { cohensKappa, gwetsAc1WithInterval, observedAgreement, pabak } from "../assay/agreement.ts";
import { type AuditAccuracy, asMeasuredShare, auditAccuracy, type EstimatedShare } from "../assay/audit-accuracy.ts";
import type { AuditedCalls } from "../assay/audit-sample.ts";
import type { Interval } from "../assay/frequency.ts";
import { langReiczigelOfShares } from "../assay/misclassification.ts";
import { AssayError } from "../core/errors.ts";
import { disputeOf, type ReadCell, type ReadingPair, readingPairs } from "../review/study-readings.ts";
import type { AuditedCell } from "../workspace/call-audit.ts";
import type { SampleCounts } from "../workspace/counts.ts";
import { type ReviewProgress, sumProgress } from "../workspace/progress.ts";
import type { Slide } from "../workspace/samples.ts";
import type { Study } from "../workspace/study.ts";
import type { DoseResult, GenotoxicityResult, SampleResult, StudyResult } from "../workspace/study-result.ts";
import type {
  AgreementPair,
  Estimate,
  SampleResult as SampleAnswer,
  StudyResult as StudyResultAnswer,
} from "./api/results.ts";

/** What a study's result on the screen is made of. */
export interface ResultParts {
  readonly study: Study;
  readonly counts: readonly SampleCounts[];
  readonly result: StudyResult;
  readonly audited: readonly AuditedCell[];
  readonly slides: readonly Slide[];
  readonly progress: ReadonlyMap<number, ReviewProgress>;
  readonly readings: readonly ReadCell[];
}

/** The result as the browser shows it. */
export function resultAnswer(parts: ResultParts): StudyResultAnswer {
  const { study, result, audited, readings } = parts;
  const { level, kind } = study.design;
  const accuracy = accuracyOf(result.samples, audited, level);
  const disputes = readings.flatMap(({ standing }) => disputeOf(standing) ?? []);
  const curve = result.dose?.curve ?? null;
  return {
    studyId: study.id,
    kind,
    level,
    samples: parts.counts.map((counts) => sampleAnswer(parts, counts, accuracy)),
    audit:
      audited.length === 0
        ? null
        : {
            cells: audited.length,
            sensitivity: shareAnswer(accuracy?.sensitivity ?? null),
            specificity: shareAnswer(accuracy?.specificity ?? null),
          },
    agreement: readingPairs(readings).map((pair) => agreementAnswer(pair, level)),
    disagreements: {
      cells: disputes.length,
      adjudicated: disputes.filter((dispute) => dispute === "adjudicated").length,
    },
    ...genotoxicityAnswer(result.genotoxicity),
    curve: curve === null || "missing" in curve ? null : curveAnswer(curve.value),
    curveMissing: curve !== null && "missing" in curve ? curve.missing : null,
  };
}

/** Null unless cells of both calls were drawn and seen. */
function accuracyOf(
  samples: readonly SampleResult[],
  audited: readonly AuditedCell[],
  level: number,
): AuditAccuracy | null {
  const side = (call: "positive" | "negative"): AuditedCalls => {
    const seen = audited.filter(({ predicted }) => predicted === call);
    return {
      called: samples.reduce((sum, { predicted }) => sum + predicted[call], 0),
      reviewed: seen.length,
      foundPositive: seen.filter(({ positive }) => positive).length,
    };
  };
  const [positive, negative] = [side("positive"), side("negative")];
  if (positive.reviewed === 0 || negative.reviewed === 0) return null;
  return auditAccuracy(positive, negative, level);
}

function sampleAnswer(parts: ResultParts, counts: SampleCounts, accuracy: AuditAccuracy | null): SampleAnswer {
  const { sample, bnCells, mnbnCells, confirmed, automatic, micronuclei } = counts;
  const { id, name, code, role, dose, doseUnit, excluded } = sample;
  const { level } = parts.study.design;
  const result = parts.result.samples.find((candidate) => candidate.sample.id === id);
  const slides = parts.slides.filter(({ sampleId }) => sampleId === id);
  return {
    ...{ id, name, code, role: result?.role ?? role, dose, doseUnit, excluded, bnCells, mnbnCells, micronuclei },
    progress: sumProgress(slides.flatMap((slide) => parts.progress.get(slide.id) ?? [])),
    confirmedMn: confirmed.mn,
    automaticPositive: automatic.positive,
    frequencyPerThousand:
      result?.frequency == null ? null : { value: result.frequency.perThousand, ...result.frequency.clopperPearson },
    correctedPerThousand: excluded === null ? correctedFrequency(counts, accuracy, level) : null,
    dispersionIndex: result?.dispersion?.dispersionIndex ?? null,
    cbpi: result?.cbpi ?? null,
    dose95: doseAnswer(parts.result.dose, id),
  };
}

/**
 * What the model's calls in a sample stand for, by sensitivity and specificity as the random samples of the whole study
 * measured them (Rogan and Gladen, interval of Lang and Reiczigel); null where they are unknown or no better than chance.
 */
function correctedFrequency(
  { predicted }: SampleCounts,
  accuracy: AuditAccuracy | null,
  level: number,
): Estimate | null {
  const { sensitivity = null, specificity = null } = accuracy ?? {};
  const cells = predicted.positive + predicted.negative;
  if (sensitivity === null || specificity === null || cells === 0) return null;
  if (sensitivity.share + specificity.share <= 1) return null;
  const { rate, interval } = langReiczigelOfShares(
    {
      calledPositive: predicted.positive,
      cells,
      sensitivity: asMeasuredShare(sensitivity, level),
      specificity: asMeasuredShare(specificity, level),
    },
    level,
  );
  return { value: 1000 * rate, low: 1000 * interval.low, high: 1000 * interval.high };
}

function doseAnswer(dose: DoseResult | null, sampleId: number): SampleAnswer["dose95"] {
  const estimate = dose?.doses.find(({ sample }) => sample.sample.id === sampleId)?.delta;
  if (estimate === undefined) return null;
  if ("missing" in estimate) return { missing: estimate.missing };
  const { doseGray, low, high } = estimate.value;
  if (high !== null) return { value: doseGray, low, high };
  return { missing: `${doseGray.toFixed(2)} Gy, at least ${low.toFixed(2)} Gy: the curve gives no upper limit.` };
}

function curveAnswer({ curve, source }: Extract<DoseResult["curve"], { value: unknown }>["value"]) {
  const { c, alpha, beta } = curve.coefficients;
  return { c, alpha, beta, source, maximumGray: curve.doseRangeGray.high };
}

function genotoxicityAnswer(result: GenotoxicityResult | null): Pick<StudyResultAnswer, "groups" | "verdict"> {
  if (result === null) return { groups: [], verdict: null };
  const judged = "missing" in result.verdict ? null : result.verdict.value;
  return {
    groups: result.groups.map(({ dose, frequency }) => ({
      dose,
      doseUnit: result.doseUnit,
      frequencyPerThousand: { value: frequency.perThousand, ...frequency.clopperPearson },
      pValue: judged?.comparisons.find((comparison) => comparison.dose === dose)?.adjustedPValue ?? null,
    })),
    verdict:
      "missing" in result.verdict
        ? { title: "No verdict", text: result.verdict.missing }
        : { title: capitalised(result.verdict.value.verdict), text: result.verdict.value.summary },
  };
}

function capitalised(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

function agreementAnswer({ readers: [first, second], table }: ReadingPair, level: number): AgreementPair {
  return {
    readers: [first, second],
    cells: table.flat().reduce((sum, count) => sum + count, 0),
    table: [[...table[0]], [...table[1]]],
    observed: observedAgreement(table),
    kappa: unlessUndefined(() => {
      const { kappa, interval } = cohensKappa(table, { level });
      return estimateOf(kappa, interval);
    }),
    pabak: pabak(table),
    ac1: unlessUndefined(() => {
      const { ac1, interval } = gwetsAc1WithInterval(table, level);
      return estimateOf(ac1, interval);
    }),
  };
}

/** Kappa does not exist where both readers put every cell in one class. */
function unlessUndefined(compute: () => Estimate): Estimate | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof AssayError) return null;
    throw error;
  }
}

function shareAnswer(estimate: EstimatedShare | null): Estimate | null {
  return estimate === null ? null : estimateOf(estimate.share, estimate.interval);
}

function estimateOf(value: number, { low, high }: Interval): Estimate {
  return { value, low, high };
}
