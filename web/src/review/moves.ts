import type { Move } from "./keys.ts";

/** How far a row and a screen reach, in cells: `columns`, and `columns` times `rows`. */
export interface GridStep {
  readonly columns: number;
  readonly rows: number;
}

/** Place to which a move leads from `place` in a queue of `total` cells; `total` itself is the queue's end. */
export function placeAfter(move: Move, place: number, total: number, { columns, rows }: GridStep): number {
  const last = Math.max(total - 1, 0);
  // Only "next" goes past the last cell, to the queue's end: a row down from the last row stays in the queue.
  const down = (step: number): number => (place >= last ? place : Math.min(place + step, last));
  switch (move) {
    case "next":
      return place + 1;
    case "previous":
      return place - 1;
    case "up":
      return place - columns < 0 ? place : place - columns;
    case "down":
      return down(columns);
    case "page-up":
      return Math.max(place - columns * rows, 0);
    case "page-down":
      return down(columns * rows);
    case "first":
      return 0;
    case "last":
      return last;
  }
}
