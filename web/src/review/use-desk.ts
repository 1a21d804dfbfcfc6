import { useCallback, useSyncExternalStore } from "react";
import type { Cell } from "../../../src/server/api/cells.ts";
import type { Desk, DeskState } from "./desk.ts";

/** A part of what the desk says; the component renders again only when that part changes. */
export function useDesk<T>(desk: Desk, part: (state: DeskState) => T): T {
  const subscribe = useCallback((listener: () => void) => desk.subscribe(listener), [desk]);
  return useSyncExternalStore(subscribe, () => part(desk.state));
}

/** The cell at a place of the queue, as soon as it is loaded. */
export function useCellAt(desk: Desk, place: number): Cell | undefined {
  const subscribe = useCallback((listener: () => void) => desk.cells.subscribe(place, listener), [desk, place]);
  return useSyncExternalStore(subscribe, () => desk.cells.cellAt(place));
}

/** Cells in the queue; null before the first answer. */
export function useTotal(desk: Desk): number | null {
  const subscribe = useCallback((listener: () => void) => desk.cells.subscribeList(listener), [desk]);
  return useSyncExternalStore(subscribe, () => desk.cells.total);
}

/** Why the cells cannot be read now; null while they can. */
export function useListFailure(desk: Desk): unknown {
  const subscribe = useCallback((listener: () => void) => desk.cells.subscribeList(listener), [desk]);
  return useSyncExternalStore(subscribe, () => desk.cells.failure);
}
