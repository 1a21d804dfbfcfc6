import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../core/files.ts";
import { readJsonFile } from "../core/json-file.ts";

/** A scoring that somebody asked for, as it is kept until it is done. */
export const scoreOrder = z.object({
  studyId: z.number(),
  by: z.string(),
  /** A scoring that the study has, to go on with; or a model, whose scoring becomes the study's when it is finished. */
  target: z.union([z.object({ scoringId: z.number() }), z.object({ modelId: z.string() })]),
  /** Images to import before. */
  upload: z.object({ id: z.string(), sample: z.string(), slide: z.string() }).nullable(),
});
export type ScoreOrder = z.infer<typeof scoreOrder>;

/** An order with the file that keeps it. */
export interface KeptOrder {
  readonly order: ScoreOrder;
  readonly path: string;
}

const FOLDER = "pending-scorings";

/** Writes an order down, so that a server that was ended in the middle takes it up again. */
export async function keepOrder(workspaceFolder: string, order: ScoreOrder, now: Date): Promise<KeptOrder> {
  // Named by the time, so that they are taken up in the order in which they were given.
  const name = `${now.toISOString().replaceAll(":", "")}-${randomUUID()}.json`;
  const path = join(workspaceFolder, FOLDER, name);
  await writeFileAtomically(path, `${JSON.stringify(order)}\n`);
  return { order, path };
}

/** Orders that were neither finished nor given up, oldest first. */
export async function keptOrders(workspaceFolder: string): Promise<KeptOrder[]> {
  const folder = join(workspaceFolder, FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  const kept: KeptOrder[] = [];
  for (const name of names) {
    const order = await readJsonFile(join(folder, name), scoreOrder);
    if (order !== null) kept.push({ order, path: join(folder, name) });
  }
  return kept;
}

export async function forgetOrder({ path }: KeptOrder): Promise<void> {
  await rm(path, { force: true });
}
