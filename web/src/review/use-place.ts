import { useEffect } from "react";
import { request } from "../api/client.ts";
import type { Desk } from "./desk.ts";

/** One writes down where one is once one stays there for a moment. */
const STAYS_MILLISECONDS = 800;

/** Keeps the place in the queue on the server, so that one goes on exactly there: tomorrow, or at another machine. */
export function useKeptPlace(desk: Desk, studyId: number, sampleId: number | undefined): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let kept: number | undefined;
    const keep = (): void => {
      timer = null;
      const cellId = desk.cells.cellAt(Math.min(desk.state.place, desk.total - 1))?.id;
      if (cellId === undefined || cellId === kept) return;
      kept = cellId;
      const body = { cellId, sampleId: sampleId ?? null };
      // Without the server it is kept with the next move.
      request("PUT", `studies/${studyId}/queues/${desk.queue}/position`, { body }).catch(() => {
        kept = undefined;
      });
    };
    const end = desk.subscribe(() => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(keep, STAYS_MILLISECONDS);
    });
    return () => {
      end();
      if (timer === null) return;
      clearTimeout(timer);
      keep();
    };
  }, [desk, studyId, sampleId]);
}
