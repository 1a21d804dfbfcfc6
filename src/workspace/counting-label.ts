import type { Selectable } from "kysely";
import type { Finding, LabelTable } from "./schema.ts";

/** Where a second reader works, who knows nothing of the first one's findings. */
export const SECOND_READING = "second";
/** Where somebody decides who is right of readers that found different things. */
export const ADJUDICATION = "disagreements";

type StandingFacts = Pick<Selectable<LabelTable>, "id" | "finding" | "queue" | "withdraws">;
type ReadingFacts = Pick<Selectable<LabelTable>, "id" | "reader" | "finding" | "micronuclei" | "queue">;

/** Of a cell's labels, oldest first, those that were not taken back. */
export function standingLabels<Label extends StandingFacts>(labels: readonly Label[]): Label[] {
  const withdrawn = new Set(labels.map(({ withdraws }) => withdraws));
  return labels.filter(({ id, finding }) => finding !== "withdrawn" && !withdrawn.has(id));
}

/**
 * The label that counts, of a cell's standing ones, oldest first: the latest adjudication; where there is none, the latest
 * label of whomever; a second reading only where there is nothing else. So neither a second reader nor a label that
 * was on its way meanwhile overturns an adjudication.
 */
export function countingLabel<Label extends Pick<StandingFacts, "queue">>(standing: readonly Label[]): Label | null {
  return (
    standing.findLast(({ queue }) => queue === ADJUDICATION) ??
    standing.findLast(({ queue }) => queue !== SECOND_READING) ??
    standing.at(-1) ??
    null
  );
}

/** What each reader found by himself, of a cell's standing labels: his latest one that is no adjudication. */
export function readingsOf<Label extends ReadingFacts>(standing: readonly Label[]): Label[] {
  const latest = new Map<string, Label>();
  for (const label of standing) if (label.queue !== ADJUDICATION) latest.set(label.reader, label);
  return [...latest.values()];
}

/** Whether readings differ: in the finding, or in the micronuclei where both were counted. */
export function readingsDiffer(readings: readonly Pick<ReadingFacts, "finding" | "micronuclei">[]): boolean {
  const findings = new Set<Finding>(readings.map(({ finding }) => finding));
  const counts = new Set(readings.flatMap(({ micronuclei }) => micronuclei ?? []));
  return findings.size > 1 || counts.size > 1;
}
