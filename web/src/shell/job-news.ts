import { useEffect } from "react";
import type { Job } from "../../../src/server/api/jobs.ts";
import { onServerEvent } from "../api/events.ts";
import { say, sayFailure } from "../design/toast.tsx";

/** Says when work ends that was seen running, whatever screen is shown. */
export function useJobNews(): void {
  useEffect(() => {
    const active = new Set<string>();
    return onServerEvent((event) => {
      if (event.kind !== "job") return;
      const { id, state, title, failure } = event.job;
      if (isActive(state)) active.add(id);
      else if (active.delete(id)) {
        if (state === "finished") say(`Done: ${title}`);
        if (state === "failed") sayFailure(new Error(`${title}: ${failure?.message ?? "it failed."}`));
      }
    });
  }, []);
}

export function isActive(state: Job["state"]): boolean {
  return state === "running" || state === "waiting";
}
