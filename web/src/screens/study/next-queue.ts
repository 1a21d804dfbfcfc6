import type { Queue, QueueName } from "../../../../src/server/api/cells.ts";

/** Most wanted first: the calls that make the result, then what measures and settles them, then what is without end. */
const PRIORITY: readonly QueueName[] = [
  "positive",
  "random-negative",
  "random-positive",
  "disagreements",
  "second",
  "flagged",
  "uncertain",
  "unreadable",
  "all",
];

/** The queue that is the next thing to do: the most wanted with cells that were not read; or else any with cells. */
export function nextQueue(queues: readonly Queue[]): QueueName | null {
  const ordered = PRIORITY.flatMap((name) => queues.find((queue) => queue.name === name && queue.cells > 0) ?? []);
  return (ordered.find(({ cells, reviewed }) => reviewed < cells) ?? ordered[0])?.name ?? null;
}
