import { join, posix } from "node:path";
import type { Kysely } from "kysely";
import { sha256OfFile } from "../core/files.ts";
import { inParallel } from "../dataset/in-parallel.ts";
import type { Schema } from "../workspace/schema.ts";
import type { Unit } from "./training-record.ts";

/** A cell of which a person has said whether it has micronuclei. */
export interface LabelledCell {
  readonly id: number;
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the picture. */
  readonly picture: string;
  readonly positive: boolean;
  /** What the cell shares with others, by the name of each unit; null where no field is known. */
  readonly units: Readonly<Record<Unit, string | null>>;
}

const FILES_AT_ONCE = 8;

/**
 * The cells of studies whose label that counts is `normal` or `mn`, in the order of their numbers. A picture occurs once:
 * of several cells that show it the label given last is taken. A picture that cannot be read is left out.
 */
export async function readLabelledCells(db: Kysely<Schema>, studyIds: readonly number[]): Promise<LabelledCell[]> {
  const rows = await labelledRows(db, studyIds);
  const cells = await inParallel(rows, FILES_AT_ONCE, async (row) => {
    const path = join(row.base, row.file);
    const picture = row.sha256 ?? (await sha256OfFile(path).catch(() => null));
    const positive = row.finding === "mn";
    return picture === null ? [] : [{ id: row.id, path, picture, positive, units: unitsOf(row) }];
  });
  const byPicture = new Map(cells.flat().map((cell) => [cell.picture, cell]));
  return [...byPicture.values()].sort((one, other) => one.id - other.id);
}

/** The label given last is the last row. */
async function labelledRows(db: Kysely<Schema>, studyIds: readonly number[]) {
  return await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .innerJoin("cell", "cell.id", "current_label.cell_id")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("source", "source.id", "cell.source_id")
    .select(["cell.id", "cell.file", "cell.sha256", "cell.slide_id", "cell.columns_json", "slide.sample_id"])
    .select(["source.base", "label.finding"])
    .where("slide.study_id", "in", studyIds)
    .where("cell.duplicate_of", "is", null)
    .where("label.finding", "in", ["normal", "mn"])
    .orderBy("label.id")
    .execute();
}

/** A field is what the source's column says, or the folder that the file lies in. */
function unitsOf(row: {
  readonly file: string;
  readonly slide_id: number;
  readonly sample_id: number;
  readonly columns_json: string | null;
}): LabelledCell["units"] {
  const columns = row.columns_json === null ? {} : (JSON.parse(row.columns_json) as Record<string, string>);
  const folder = posix.dirname(row.file);
  const field = columns.field ?? (folder === "." ? null : folder);
  return {
    sample: `sample ${row.sample_id}`,
    slide: `slide ${row.slide_id}`,
    field: field === null ? null : `slide ${row.slide_id} / ${field}`,
  };
}
