import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Job } from "../../src/server/api/jobs.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import type { ReviewClient } from "../server/review-client.ts";
import { studyOf } from "../server/tiny-review.ts";
import { drawCells } from "./drawn-cells.ts";

/** Numbers of micronuclei of the cells of each sample. */
export type DrawnSamples = Readonly<Record<string, readonly number[]>>;

/** Draws cells and imports them as a study; they are not scored. */
export async function importDrawnStudy(
  workspace: Workspace,
  folder: string,
  name: string,
  samples: DrawnSamples,
): Promise<void> {
  const imported: Record<string, { folder: string; files: string[] }> = {};
  for (const [sample, micronuclei] of Object.entries(samples)) {
    const own = join(folder, "cells", name, sample);
    await drawCells(own, sample, micronuclei);
    imported[sample] = { folder: own, files: (await readdir(own)).sort() };
  }
  await studyOf({ workspace }, name, imported);
}

/** Has a study scored with the model in use, and waits until it is. */
export async function scoreStudy(client: ReviewClient, studyId: number): Promise<void> {
  const { job } = await client.send<{ job: Job }>("POST", `studies/${studyId}/score`, {});
  await expect.poll(() => stateOf(client, job), { timeout: 120_000, interval: 200 }).toBe("finished");
}

async function stateOf(client: ReviewClient, { id }: Job): Promise<Job["state"]> {
  return (await client.get<Job>(`jobs/${id}`)).state;
}
