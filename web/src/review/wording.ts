import type { Cell, Finding, QueueName } from "../../../src/server/api/cells.ts";
import { countOf, countText } from "../design/numbers.ts";
import type { Decision } from "./outbox.ts";

/** Name of a queue, and what it is for. */
export const QUEUES: Readonly<Record<QueueName, { readonly title: string; readonly about: string }>> = {
  uncertain: { title: "Most uncertain first", about: "Where a person's eye changes most." },
  positive: { title: "Called positive", about: "The surest first. Confirmed, they make the frequency." },
  "random-negative": { title: "Audit of negatives", about: "A random draw: how many micronuclei the model missed." },
  "random-positive": { title: "Audit of positives", about: "A random draw: how many of its calls are false." },
  second: { title: "Second reading", about: "Cells that somebody has read, for another pair of eyes." },
  disagreements: { title: "Disagreements", about: "Two readers found different things: one decides." },
  flagged: { title: "Flagged", about: "Unlike what the model was trained on, or of poor quality." },
  unreadable: { title: "Unreadable", about: "Files that could not be read." },
  all: { title: "All cells", about: "In the order of the slides." },
};

/** In this order one would work through a study. */
export const QUEUE_ORDER: readonly QueueName[] = [
  "uncertain",
  "positive",
  "random-negative",
  "random-positive",
  "second",
  "disagreements",
  "flagged",
  "unreadable",
  "all",
];

/** Quick reasons for `unscorable`, under the keys 1 to 6. */
export const REASONS: readonly string[] = [
  "Debris",
  "Overlapping cells",
  "Out of focus",
  "Cell damaged",
  "Poor staining",
  "Cut off at the edge",
];

type Found = { readonly finding: Finding; readonly micronuclei: number | null; readonly reason?: string | null };

/** A finding in a word or two, for a sentence: "2 micronuclei", "normal", "unscorable (debris)". */
export function findingInWords({ finding, micronuclei, reason }: Found): string {
  if (finding === "mn")
    return micronuclei === null ? "micronuclei" : countOf(micronuclei, "micronucleus", "micronuclei");
  if (finding === "unscorable" && reason) return `unscorable (${reason.toLowerCase()})`;
  return finding;
}

/** A finding in one to three signs, for a badge on a tile. */
export function findingSign({ finding, micronuclei }: Found): string {
  if (finding === "mn") return micronuclei === null ? "MN" : String(micronuclei);
  return { normal: "0", mononucleate: "1N", multinucleate: "3N+", unscorable: "U" }[finding];
}

/** What the model says of a cell, in words; null where it is hidden or there is nothing. */
export function callInWords(cell: Cell): string | null {
  if (cell.outcome === null) return null;
  if (cell.outcome === "unreadable") return "could not be read";
  const probability = cell.probability === null ? "" : `, probability ${cell.probability.toFixed(2)}`;
  return `${cell.outcome === "flagged" ? "flagged" : `called ${cell.outcome}`}${probability}`;
}

/** A file without its folders, which are long and the same for a whole slide. */
export function nameOfFile(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Why a file could not be read, as a sentence: what was wrong, without the code in front of it. */
export function reasonInWords(error: string): string {
  return error.replace(/^[A-Z][A-Z0-9_]*: /, "");
}

/** What a screen reader says of a cell. `pending` is a decision on it that is not saved yet. */
export function cellInWords(
  cell: Cell,
  place: number,
  total: number,
  pending: Decision | undefined,
  reader: string,
): string {
  const own = cell.ownLabel === null ? null : `your label: ${findingInWords(cell.ownLabel)}`;
  const decided = pending === undefined ? own : pendingInWords(pending);
  const other =
    cell.label === null || cell.label.reader === reader ? null : `${cell.label.reader}: ${findingInWords(cell.label)}`;
  const parts = [
    `Cell ${countText(place + 1)} of ${countText(total)}`,
    cell.error === null ? callInWords(cell) : `${cell.file}: ${reasonInWords(cell.error)}`,
    decided ?? "no label of yours",
  ];
  return [...parts, other, cell.disagreement ? "readers disagree" : null].filter((part) => part !== null).join("; ");
}

function pendingInWords(pending: Decision): string {
  const what = pending.kind === "undo" ? "taking back your label" : findingInWords(pending);
  return `${what}, not saved yet`;
}

/** Queues in the order in which one works through them; those without cells last. */
export function inOrder<Q extends { readonly name: QueueName; readonly cells: number }>(queues: readonly Q[]): Q[] {
  const rank = ({ name, cells }: Q): number => QUEUE_ORDER.indexOf(name) + (cells === 0 ? QUEUE_ORDER.length : 0);
  return queues.toSorted((a, b) => rank(a) - rank(b));
}

/** The queue to go on with after `current`: the next one, around the list, with cells that the reader has not seen. */
export function nextQueue<Q extends { readonly name: QueueName; readonly cells: number; readonly reviewed: number }>(
  queues: readonly Q[],
  current: QueueName,
): Q | null {
  const from = QUEUE_ORDER.indexOf(current) + 1;
  const names = [...QUEUE_ORDER.slice(from), ...QUEUE_ORDER.slice(0, from)];
  const left = names.flatMap(
    (name) => queues.find((queue) => queue.name === name && queue.reviewed < queue.cells) ?? [],
  );
  return left.find(({ name }) => name !== current && name !== "all") ?? null;
}
