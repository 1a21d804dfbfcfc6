import { existsSync } from "node:fs";
import { basename } from "node:path";
import { MicronucleiError } from "../core/errors.ts";
import { sha256OfFile } from "../core/files.ts";
import type { Scoring } from "../workspace/scorings.ts";
import type { ReviewContext } from "./context.ts";
import type { ModelSource } from "./explainer.ts";

/**
 * The file of the model that made a scoring: on the shelf, or where it lay then. Throws MODEL_MISSING; MODEL_CHANGED where
 * another model lies there now, whose maps would explain other numbers than those on the screen.
 */
export async function modelOfScoring(
  { models }: { readonly models: Pick<ReviewContext["models"], "list" | "find"> },
  { modelSha256, modelPath }: Pick<Scoring, "modelSha256" | "modelPath">,
): Promise<ModelSource> {
  const onShelf = (await models.list()).find(({ id }) => id === modelSha256);
  if (onShelf !== undefined) return { id: onShelf.id, path: onShelf.path, name: onShelf.name };
  const name = basename(modelPath);
  if (!existsSync(modelPath)) {
    const { id, path, name: found } = await models.find(modelSha256);
    return { id, path, name: found };
  }
  const present = await sha256OfFile(modelPath);
  if (present === modelSha256) return { id: modelSha256, path: modelPath, name };
  throw new MicronucleiError(
    "MODEL_CHANGED",
    `The model that scored these cells is not here any more: ${name} is another one now (${present.slice(0, 12)} instead of ` +
      `${modelSha256.slice(0, 12)}). Score the study again with a model that is installed.`,
  );
}
