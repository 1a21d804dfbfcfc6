import type { AuditedCalls } from "./audit-sample.ts";
import { type Interval, wilson } from "./frequency.ts";
import type { MeasuredShare } from "./misclassification.ts";
import { twoSidedZ } from "./normal.ts";

/** A share of cells with its interval. */
export type EstimatedShare = { readonly share: number; readonly interval: Interval };

/** How well a classifier does on the audited cells; null where the audit found no positive, or no negative, cell. */
export type AuditAccuracy = {
  readonly sensitivity: EstimatedShare | null;
  readonly specificity: EstimatedShare | null;
};

/**
 * Sensitivity and specificity from a random review of both calls. With q the share called positive, f the share found
 * positive among the reviewed of a call,
 *
 *   Se / (1 - Se) = q f+ / ((1 - q) f-)     Sp / (1 - Sp) = (1 - q)(1 - f-) / (q (1 - f+))
 *
 * The interval is that of the ratio of two independent shares from their Wilson limits (MOVER; Donner and Zou 2012), so
 * that it exists also where no missed cell was found. q is taken as known: all cells were called.
 */
export function auditAccuracy(positive: AuditedCalls, negative: AuditedCalls, level = 0.95): AuditAccuracy {
  const found = (side: AuditedCalls): BoundedShare => boundedShare(side.foundPositive, side.reviewed, level);
  const notFound = (side: AuditedCalls): BoundedShare =>
    boundedShare(side.reviewed - side.foundPositive, side.reviewed, level);
  return {
    sensitivity: shareFromOdds(found(positive), found(negative), positive.called / negative.called),
    specificity: shareFromOdds(notFound(negative), notFound(positive), negative.called / positive.called),
  };
}

/**
 * A share as if it had been counted on so many cells that Wilson's lower limit is the given one:
 * n = z^2 L (1 - L) / (share - L)^2. For formulae that weigh a share by the cells that it was measured on.
 */
export function asMeasuredShare({ share, interval }: EstimatedShare, level = 0.95): MeasuredShare {
  const { low } = interval;
  const cells = share > low ? (twoSidedZ(level) ** 2 * low * (1 - low)) / (share - low) ** 2 : 1;
  return { correct: share * cells, of: cells };
}

type BoundedShare = { readonly share: number } & Interval;

function boundedShare(part: number, whole: number, level: number): BoundedShare {
  return { share: part / whole, ...wilson(part, whole, level) };
}

/** factor a / (factor a + b) of two shares a and b. */
function shareFromOdds(a: BoundedShare, b: BoundedShare, factor: number): EstimatedShare | null {
  if (a.share === 0 && b.share === 0) return null;
  const { low, high } = ratioLimits(a, b);
  const ofOdds = (odds: number): number => (odds === Number.POSITIVE_INFINITY ? 1 : odds / (1 + odds));
  return {
    share: (factor * a.share) / (factor * a.share + b.share),
    interval: { low: ofOdds(factor * low), high: ofOdds(factor * high) },
  };
}

/** Limits of a / b; without upper limit where b may be 0. */
function ratioLimits(a: BoundedShare, b: BoundedShare): Interval {
  const product = a.share * b.share;
  const limit = (ofA: number, ofB: number, sign: 1 | -1): number => {
    const under = product ** 2 - ofA * ofB * (2 * a.share - ofA) * (2 * b.share - ofB);
    return (product + sign * Math.sqrt(Math.max(0, under))) / (ofB * (2 * b.share - ofB));
  };
  return { low: limit(a.low, b.high, -1), high: b.low === 0 ? Number.POSITIVE_INFINITY : limit(a.high, b.low, 1) };
}
