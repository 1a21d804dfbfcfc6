import { ImageError } from "../core/errors.ts";
import { labelsOfCell } from "../workspace/labels.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Explanation } from "./api/explanation.ts";
import type { AskedCell } from "./asked-cell.ts";
import { labelAnswer, type Viewer } from "./blinding.ts";
import type { CellLook, CellLooks } from "./cell-look.ts";
import { mapAnswer } from "./cell-maps.ts";

/** Everything that is known of a cell, as the asking reader may see it. */
export async function explainCell({ db }: Workspace, looks: CellLooks, asked: AskedCell): Promise<Explanation> {
  const { cell, scoring, viewer } = asked;
  const { look, error } = await lookAt(looks, asked);
  const common = { cellId: cell.id, image: look?.image ?? null, labels: await labelsShown(db, cell.id, viewer) };
  if (viewer.blinded) return { ...common, probability: null, threshold: null, quality: null, error: null, maps: [] };
  const prediction = await db
    .selectFrom("prediction")
    .select(["probability", "quality"])
    .where("cell_id", "=", cell.id)
    .where("scoring_id", "=", scoring?.id ?? 0)
    .executeTakeFirst();
  return {
    ...common,
    probability: prediction?.probability ?? null,
    threshold: scoring?.threshold ?? null,
    quality: prediction?.quality ?? null,
    error: error === null ? null : `${error.code}: ${error.message}`,
    maps: [...(look?.maps ?? [])].map(([name, map]) => mapAnswer(asked, name, map)),
  };
}

/** What the model sees, or why the picture cannot be read. */
async function lookAt(
  looks: CellLooks,
  { cell, model }: AskedCell,
): Promise<{ readonly look: CellLook; readonly error: null } | { readonly look: null; readonly error: ImageError }> {
  try {
    return { look: await looks.look(model, cell), error: null };
  } catch (error) {
    if (error instanceof ImageError) return { look: null, error };
    throw error;
  }
}

async function labelsShown(
  db: Workspace["db"],
  cellId: number,
  { blinded, reader }: Viewer,
): Promise<Explanation["labels"]> {
  const labels = await labelsOfCell(db, cellId);
  const withdrawn = new Set(labels.map(({ withdraws }) => withdraws));
  return labels
    .filter((label) => label.finding !== "withdrawn" && (!blinded || label.reader === reader))
    .map((label) => ({ ...labelAnswer(label), withdrawn: withdrawn.has(label.id) }));
}
