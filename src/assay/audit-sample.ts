import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { AssayError } from "../core/errors.ts";
import type { Interval } from "./frequency.ts";
import { LARGEST_COUNT, requirePart, requireProbability } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";
import { smallestWholeNumberAbove } from "./smallest-whole-number.ts";

/**
 * Random cells called negative that a person should review, so that the exact interval of the missed rate reaches
 * `precision` or less above an expected missed rate: the smallest m with
 *
 *   B(1 - alpha/2; m r + 1, m - m r) - r <= precision, B the beta quantile
 *
 * (Clopper-Pearson with m r cells found). `expectedMissedRate` r and `precision` are shares of the cells called
 * negative; r = 0 gives the cells after which none found means fewer than `precision` missed.
 */
export function auditSampleSize(expectedMissedRate: number, precision: number, level = 0.95): number {
  if (expectedMissedRate !== 0) requireProbability(expectedMissedRate, "expected missed rate");
  requireProbability(precision, "wanted precision");
  requireProbability(level, "confidence level");
  const reach = (cells: number): number =>
    betaQuantile((1 + level) / 2, cells * expectedMissedRate + 1, cells * (1 - expectedMissedRate)) -
    expectedMissedRate;
  const size = smallestWholeNumberAbove(0, (cells) => reach(cells) <= precision);
  if (size !== undefined) return size;
  throw new AssayError(
    "AUDIT_TOO_PRECISE",
    `A precision of ${precision} would need more than ${LARGEST_COUNT} reviewed cells. Ask for a coarser one.`,
  );
}

/** One side of an audit: all cells with one call, those of them reviewed at random, and those found positive. */
export type AuditedCalls = { readonly called: number; readonly reviewed: number; readonly foundPositive: number };

/** Rate and classifier quality as a random review of both calls shows them. */
export type AuditEstimate = {
  /** Share of all cells that are positive. */
  readonly rate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /** Null where the audit found no positive, or no negative, cell. */
  readonly sensitivity: number | null;
  readonly specificity: number | null;
};

/**
 * True rate from a random review of the cells called positive and of those called negative (double sampling):
 *
 *   pi = q f+ + (1 - q) f-     Var = q^2 f+ (1-f+)/m+ + (1-q)^2 f- (1-f-)/m- + (f+ - f-)^2 q (1-q)/N
 *
 * q: share called positive; f: share found positive among the m reviewed of a call. Needs no other data set, so that
 * the classifier's quality on another slide does not matter. Tenenbein 1970.
 */
export function estimateFromAudit(positive: AuditedCalls, negative: AuditedCalls, level = 0.95): AuditEstimate {
  requireAudited(positive, "positive");
  requireAudited(negative, "negative");
  requireProbability(level, "confidence level");
  const cells = positive.called + negative.called;
  const q = positive.called / cells;
  const right = positive.foundPositive / positive.reviewed;
  const missed = negative.foundPositive / negative.reviewed;
  const rate = q * right + (1 - q) * missed;
  const standardError = Math.sqrt(
    (q ** 2 * right * (1 - right)) / positive.reviewed +
      ((1 - q) ** 2 * missed * (1 - missed)) / negative.reviewed +
      ((right - missed) ** 2 * q * (1 - q)) / cells,
  );
  const reach = twoSidedZ(level) * standardError;
  return {
    rate,
    standardError,
    interval: { low: Math.max(0, rate - reach), high: Math.min(1, rate + reach) },
    sensitivity: rate > 0 ? (q * right) / rate : null,
    specificity: rate < 1 ? ((1 - q) * (1 - missed)) / (1 - rate) : null,
  };
}

function requireAudited({ called, reviewed, foundPositive }: AuditedCalls, call: string): void {
  requirePart(reviewed, `reviewed cells called ${call}`, called, `cells called ${call}`);
  requirePart(foundPositive, "cells found positive", reviewed, `reviewed cells called ${call}`);
}
