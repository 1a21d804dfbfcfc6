import type { Decision } from "./outbox.ts";

/** Decisions of this visit that are saved and stand, by cell. */
export type SavedCells = ReadonlyMap<number, number>;

/** The same after more were saved: what was taken back stands no longer. A label of an earlier visit was never counted. */
export function withSaved(before: SavedCells, decisions: readonly Pick<Decision, "cellId" | "kind">[]): SavedCells {
  const after = new Map(before);
  for (const { cellId, kind } of decisions) {
    const standing = (after.get(cellId) ?? 0) + (kind === "label" ? 1 : -1);
    if (standing > 0) after.set(cellId, standing);
    else after.delete(cellId);
  }
  return after;
}
