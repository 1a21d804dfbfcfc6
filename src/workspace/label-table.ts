import type { Kysely } from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import type { LabelRequest } from "./labels.ts";
import { FINDINGS, type Finding, type Schema } from "./schema.ts";
import { requireColumn } from "./study-table.ts";
import type { TableFile } from "./table-file.ts";

/**
 * Reads what a person found, a row a cell: `sample`, `file` (and `slide` where a sample has several), and `micronuclei`, a
 * number, or `finding` (normal, mn, mononucleate, multinucleate, unscorable, with a `reason`); `queue` where the cells were
 * drawn. Throws LABEL_CELL_UNKNOWN for a cell that the study does not have, TABLE_VALUE for what cannot be understood.
 */
export async function readLabelTable(db: Kysely<Schema>, studyId: number, table: TableFile): Promise<LabelRequest[]> {
  const names = table.headings.map((heading) => heading.toLowerCase());
  for (const column of ["sample", "file"]) requireColumn(table, column, names.includes(column));
  requireColumn(table, "micronuclei", names.includes("micronuclei") || names.includes("finding"));
  const requests: LabelRequest[] = [];
  for await (const rows of table.rows)
    for (const row of rows) {
      const text = (name: string): string => row[names.indexOf(name)]?.trim() ?? "";
      const place = `${table.path}, row ${requests.length + 2}`;
      const cellId = await findCell(
        db,
        studyId,
        { sample: text("sample"), slide: text("slide"), file: text("file") },
        place,
      );
      const found = findingOf(text("finding").toLowerCase(), text("micronuclei"), place);
      requests.push({ cellId, ...found, reason: text("reason") || null, queue: text("queue") || null });
    }
  return requests;
}

async function findCell(
  db: Kysely<Schema>,
  studyId: number,
  { sample, slide, file }: { readonly sample: string; readonly slide: string; readonly file: string },
  place: string,
): Promise<number> {
  let query = db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .select("cell.id")
    .where("sample.study_id", "=", studyId)
    .where((where) => where.or([where("sample.name", "=", sample), where("sample.code", "=", sample)]))
    .where("cell.file", "=", file);
  if (slide !== "") query = query.where("slide.name", "=", slide);
  const [found, another] = await query.limit(2).execute();
  if (found !== undefined && another === undefined) return found.id;
  throw new MicronucleiError(
    "LABEL_CELL_UNKNOWN",
    found === undefined
      ? `${place}: the study has no cell "${file}" in the sample "${sample}"${slide === "" ? "" : `, slide "${slide}"`}. Write the file as it was imported.`
      : `${place}: the sample "${sample}" has several slides with a cell "${file}". Add a column "slide".`,
  );
}

function findingOf(finding: string, micronuclei: string, place: string): Pick<LabelRequest, "finding" | "micronuclei"> {
  const count = micronuclei === "" ? null : Number(micronuclei);
  const named = FINDINGS.find(
    (known): known is Exclude<Finding, "withdrawn"> => known !== "withdrawn" && known === finding,
  );
  const isCount = count === null || (Number.isInteger(count) && count >= 0);
  if (isCount && named !== undefined) return { finding: named, micronuclei: named === "normal" ? 0 : count };
  if (isCount && finding === "" && count !== null)
    return { finding: count === 0 ? "normal" : "mn", micronuclei: count };
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${place}: finding "${finding}", micronuclei "${micronuclei}" cannot be understood. Expected a number of micronuclei, or a ` +
      `finding: ${FINDINGS.filter((known) => known !== "withdrawn").join(", ")}.`,
  );
}
