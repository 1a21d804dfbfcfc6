import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Cell } from "../../../src/server/api/cells.ts";
import type { ServerEvent } from "../../../src/server/api/events.ts";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import { onServerEvent } from "../api/events.ts";
import { explanationQuery } from "./cell-queries.ts";
import type { Desk } from "./desk.ts";
import { windowOutbox } from "./window-outbox.ts";

/** Lists are read again at most this often, however many changes the server tells of. */
const REFRESH_MILLISECONDS = 2000;
const RETRY_MILLISECONDS = 2000;

/** Keeps the cells as the server has them: own decisions once written, others' labels, and everything after a gap. */
export function useLiveCells(desk: Desk, studyId: number): void {
  const queries = useQueryClient();
  useEffect(() => {
    const take = (cells: readonly Cell[]): void => {
      desk.cells.apply(cells);
      for (const { id } of cells) void queries.invalidateQueries({ queryKey: explanationQuery(id).queryKey });
    };
    const ends = [
      windowOutbox().onSaved((_, cells) => take(cells)),
      onServerEvent((event) => {
        if (event.kind === "labels" && event.studyId === studyId) take(event.cells);
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [desk, studyId, queries]);
  useEffect(() => {
    const refresh = throttled(() => desk.cells.refresh(), REFRESH_MILLISECONDS);
    const ends = [onServerEvent((event) => onEvent(event)), onConnectionChange(onConnection), refresh.stop];
    const retry = setInterval(() => desk.cells.failure !== null && desk.cells.retry(), RETRY_MILLISECONDS);
    let greeted = false;
    return () => {
      clearInterval(retry);
      for (const end of ends) end();
    };

    function onEvent(event: ServerEvent): void {
      if (event.kind === "hello") {
        if (greeted) refresh.call();
        greeted = true;
      }
      if (event.kind === "study" && event.studyId === studyId) refresh.call();
    }

    function onConnection(): void {
      if (connectionState() === "live" && desk.cells.failure !== null) desk.cells.retry();
    }
  }, [desk, studyId]);
}

/** Calls at once, and once more after the pause for all calls that came meanwhile. */
function throttled(act: () => void, milliseconds: number): { readonly call: () => void; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let again = false;
  const call = (): void => {
    if (timer !== null) {
      again = true;
      return;
    }
    act();
    timer = setTimeout(() => {
      timer = null;
      if (again) {
        again = false;
        call();
      }
    }, milliseconds);
  };
  return { call, stop: () => timer !== null && clearTimeout(timer) };
}
