import { join } from "node:path";
import { MicronucleiError } from "../core/errors.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { CellPicture } from "./tile.ts";

/** A cell with its study and its picture. */
export interface PicturedCell extends CellPicture {
  readonly studyId: number;
}

/** Where the picture of a cell lies: of the files of this machine only those can be seen that were imported. Throws CELL_MISSING. */
export async function picturedCell({ db }: Workspace, id: number): Promise<PicturedCell> {
  const found = await db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("source", "source.id", "cell.source_id")
    .select(["cell.id", "cell.file", "cell.sha256", "source.base", "slide.study_id"])
    .where("cell.id", "=", id)
    .executeTakeFirst();
  if (found === undefined)
    throw new MicronucleiError("CELL_MISSING", `There is no cell ${id} in this workspace. Open the study anew.`);
  const { file, sha256, base, study_id } = found;
  return { id, sha256, path: join(base, file), studyId: study_id };
}
