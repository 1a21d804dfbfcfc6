import { z } from "zod";
import { sha256OfFile } from "../core/files.ts";
import { findModelMetadata } from "../engine/model-metadata.ts";
import { inspectWeightsFile } from "../weights/read.ts";

/**
 * What is known of the file of weights that a training starts from. It goes along into the model, which is made of that file as
 * much as of its own data: licences must not get lost on the way, and a reader wants to know what the weights had seen.
 */
export const startedFromSchema = z.strictObject({
  sha256: z.string(),
  licences: z.array(z.string()),
  /** The data of the training that made the weights, and what that training says of itself; of models of ours. */
  dataHash: z.string().optional(),
  training: z.record(z.string(), z.unknown()).optional(),
});
export type StartedFrom = z.infer<typeof startedFromSchema>;

/** From what the file says of itself; its numbers are not read. Throws what inspectWeightsFile throws. */
export async function describeStart(path: string): Promise<StartedFrom> {
  const { metadata: properties } = await inspectWeightsFile(path);
  const sha256 = await sha256OfFile(path);
  const model = findModelMetadata(properties);
  if (model !== null) return { sha256, licences: model.licences, dataHash: model.data_hash, training: model.training };
  // Several licences are lines of one text, as `mn weights export` writes them.
  return { sha256, licences: properties.license?.split("\n") ?? [] };
}
