import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Scoring } from "../workspace/scorings.ts";
import type { ReviewContext } from "./context.ts";
import type { ModelSource } from "./explainer.ts";

/** The file of the model that made a scoring: on the shelf, or where it lay then. Throws MODEL_MISSING. */
export async function modelOfScoring(
  { models }: Pick<ReviewContext, "models">,
  { modelSha256, modelPath }: Pick<Scoring, "modelSha256" | "modelPath">,
): Promise<ModelSource> {
  const onShelf = (await models.list()).find(({ id }) => id === modelSha256);
  if (onShelf === undefined && existsSync(modelPath))
    return { id: modelSha256, path: modelPath, name: basename(modelPath) };
  const { id, path, name } = onShelf ?? (await models.find(modelSha256));
  return { id, path, name };
}
