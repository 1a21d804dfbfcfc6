import { AssayError } from "../core/errors.ts";

/** Counts above this are refused: every method here was checked up to it. */
export const LARGEST_COUNT = 1_000_000_000;

/** Refuses anything but a whole number from 0 to 10^9: a COUNT_INVALID. */
export function requireCount(value: number, name: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= LARGEST_COUNT) return;
  throw new AssayError(
    "COUNT_INVALID",
    `The ${name} must be a whole number from 0 to ${LARGEST_COUNT}, got ${value}. Give the number as it was counted.`,
  );
}

/** Refuses a total that is no count, or 0 (NO_CELLS_COUNTED): no frequency exists without cells. */
export function requireTotal(value: number, name: string): void {
  requireCount(value, name);
  if (value > 0) return;
  throw new AssayError(
    "NO_CELLS_COUNTED",
    `The ${name} is 0: a frequency needs at least one. Leave the sample out instead.`,
  );
}

/** Refuses counts of which the part exceeds the whole: a COUNT_ABOVE_TOTAL. */
export function requirePart(part: number, partName: string, whole: number, wholeName: string): void {
  requireTotal(whole, wholeName);
  requireCount(part, partName);
  if (part <= whole) return;
  throw new AssayError(
    "COUNT_ABOVE_TOTAL",
    `The ${partName} (${part}) exceeds the ${wholeName} (${whole}). ` +
      "A cell with several micronuclei counts once among the cells; give totals of micronuclei as such.",
  );
}

/** Refuses a confidence level, rate or power outside the open interval (0, 1): a PROBABILITY_OUT_OF_RANGE. */
export function requireProbability(value: number, name: string): void {
  if (value > 0 && value < 1) return;
  throw new AssayError(
    "PROBABILITY_OUT_OF_RANGE",
    `The ${name} must lie between 0 and 1, both excluded, got ${value}. Write 95 % as 0.95 and 12 per 1000 as 0.012.`,
  );
}

/** Refuses a dose, concentration or time that is negative or not finite: a QUANTITY_INVALID. */
export function requireQuantity(value: number, name: string): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new AssayError("QUANTITY_INVALID", `The ${name} must be a finite number of at least 0, got ${value}.`);
}
