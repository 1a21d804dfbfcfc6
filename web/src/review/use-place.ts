import { useEffect } from "react";
import { answerTo, requestHeaders } from "../api/client.ts";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import type { Desk } from "./desk.ts";

/** One writes down where one is once one stays there for a moment. */
const STAYS_MILLISECONDS = 800;

/** Keeps the place in the queue on the server, so that one goes on exactly there: tomorrow, or at another machine. */
export function useKeptPlace(desk: Desk, studyId: number, sampleId: number | undefined): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let kept = focusedCell(desk);
    const keep = (): void => {
      clearTimeout(timer);
      const cellId = focusedCell(desk);
      if (cellId === undefined || cellId === kept) return;
      const before = kept;
      kept = cellId;
      sendPlace(desk, studyId, { cellId, sampleId: sampleId ?? null }).catch(() => {
        kept = before;
      });
    };
    const ends = [
      desk.subscribe(() => {
        clearTimeout(timer);
        timer = setTimeout(keep, STAYS_MILLISECONDS);
      }),
      onConnectionChange(() => connectionState() === "live" && keep()),
      () => window.removeEventListener("pagehide", keep),
    ];
    window.addEventListener("pagehide", keep);
    return () => {
      for (const end of ends) end();
      keep();
    };
  }, [desk, studyId, sampleId]);
}

function focusedCell(desk: Desk): number | undefined {
  return desk.cells.cellAt(Math.min(desk.state.place, desk.total - 1))?.id;
}

async function sendPlace(
  desk: Desk,
  studyId: number,
  body: { readonly cellId: number; readonly sampleId: number | null },
): Promise<void> {
  await answerTo(`studies/${studyId}/queues/${desk.queue}/position`, {
    method: "PUT",
    headers: requestHeaders(body),
    body: JSON.stringify(body),
    // Also while the page is being left.
    keepalive: true,
  });
}
