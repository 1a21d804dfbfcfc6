import type { Kysely, Selectable } from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import type { SampleTable, Schema, SlideTable } from "./schema.ts";
import type { Role, SampleDetails } from "./study-table.ts";
import type { Change, Workspace } from "./workspace.ts";

export interface Sample extends SampleDetails {
  readonly id: number;
  readonly studyId: number;
  /** What a blinded scorer sees instead of the name. */
  readonly code: string;
  /** Why it is left out of the result; null where it is not. */
  readonly excluded: string | null;
}

export interface Slide {
  readonly id: number;
  readonly sampleId: number;
  readonly name: string;
  readonly cells: number;
  readonly duplicates: number;
}

/** Samples of a study in the order in which they came. */
export async function listSamples(db: Kysely<Schema>, studyId: number): Promise<Sample[]> {
  const rows = await db.selectFrom("sample").selectAll().where("study_id", "=", studyId).orderBy("id").execute();
  return rows.map(asSample);
}

/** Slides of a study in the order in which they came. */
export async function listSlides(db: Kysely<Schema>, studyId: number): Promise<Slide[]> {
  const rows = await db.selectFrom("slide").selectAll().where("study_id", "=", studyId).orderBy("id").execute();
  return rows.map(({ id, sample_id, name, cells, duplicates }) => ({
    id,
    sampleId: sample_id,
    name,
    cells,
    duplicates,
  }));
}

/**
 * The sample of this name, made where there is none, under a random code. Throws SAMPLE_CONFLICT where it is there with
 * other details: what a result was computed for does not change in silence.
 */
export async function ensureSample(
  { trx, record }: Change,
  request: { readonly studyId: number; readonly details: SampleDetails; readonly codes: RandomStream },
): Promise<number> {
  const { studyId, details, codes } = request;
  const existing = await trx
    .selectFrom("sample")
    .selectAll()
    .where("study_id", "=", studyId)
    .where("name", "=", details.name)
    .executeTakeFirst();
  if (existing !== undefined) {
    requireSameDetails(asSample(existing), details);
    return existing.id;
  }
  const row = { study_id: studyId, code: await unusedCode(trx, studyId, codes), excluded: null, ...columnsOf(details) };
  const { id } = await trx.insertInto("sample").values(row).returning("id").executeTakeFirstOrThrow();
  await record({ action: "add sample", subject: `sample ${id}`, studyId, newValue: { ...row, id } });
  return id;
}

/** The slide of this name of a sample, made where there is none. */
export async function ensureSlide(
  { trx, record }: Change,
  request: { readonly studyId: number; readonly sampleId: number; readonly name: string },
): Promise<Selectable<SlideTable>> {
  const existing = await trx
    .selectFrom("slide")
    .selectAll()
    .where("sample_id", "=", request.sampleId)
    .where("name", "=", request.name)
    .executeTakeFirst();
  if (existing !== undefined) return existing;
  const row = { study_id: request.studyId, sample_id: request.sampleId, name: request.name };
  const counted = { ...row, cells: 0, duplicates: 0 };
  const { id } = await trx.insertInto("slide").values(counted).returning("id").executeTakeFirstOrThrow();
  await record({ action: "add slide", subject: `slide ${id}`, studyId: row.study_id, newValue: { ...row, id } });
  return { ...counted, id };
}

/** Leaves a sample out of the result, with a reason, or takes it back in (reason null needs `because`). Throws SAMPLE_MISSING. */
export async function excludeSample(
  workspace: Workspace,
  who: string,
  request: { readonly studyId: number; readonly sample: string; readonly excluded: boolean; readonly reason: string },
): Promise<void> {
  await workspace.change(who, async ({ trx, record }) => {
    const old = await trx
      .selectFrom("sample")
      .selectAll()
      .where("study_id", "=", request.studyId)
      .where((where) => where.or([where("name", "=", request.sample), where("code", "=", request.sample)]))
      .executeTakeFirst();
    if (old === undefined)
      throw new MicronucleiError("SAMPLE_MISSING", `The study has no sample "${request.sample}". See "mn study show".`);
    const excluded = request.excluded ? request.reason : null;
    await trx.updateTable("sample").set({ excluded }).where("id", "=", old.id).execute();
    await record({
      action: request.excluded ? "exclude sample" : "include sample",
      subject: `sample ${old.id}`,
      studyId: old.study_id,
      oldValue: old,
      newValue: { ...old, excluded },
      reason: request.reason,
    });
  });
}

/** Letters and digits that are not mistaken for each other. */
const CODE_CHARACTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
const CODE_LENGTH = 6;

async function unusedCode(trx: Change["trx"], studyId: number, codes: RandomStream): Promise<string> {
  for (;;) {
    const characters = Array.from(
      { length: CODE_LENGTH },
      () => CODE_CHARACTERS[codes.integer(CODE_CHARACTERS.length)],
    );
    const code = characters.join("");
    const taken = await trx
      .selectFrom("sample")
      .select("id")
      .where("study_id", "=", studyId)
      .where("code", "=", code)
      .executeTakeFirst();
    if (taken === undefined) return code;
  }
}

function columnsOf(details: SampleDetails) {
  return {
    name: details.name,
    role: details.role,
    donor: details.donor,
    culture: details.culture,
    replicate: details.replicate,
    treatment: details.treatment,
    dose: details.dose,
    dose_unit: details.doseUnit,
    harvest_hours: details.harvestHours,
    mono_cells: details.monoCells,
    bi_cells: details.biCells,
    multi_cells: details.multiCells,
    columns_json: JSON.stringify(details.columns),
  };
}

function asSample(row: Selectable<SampleTable>): Sample {
  return {
    id: row.id,
    studyId: row.study_id,
    name: row.name,
    code: row.code,
    role: row.role as Role | null,
    donor: row.donor,
    culture: row.culture,
    replicate: row.replicate,
    treatment: row.treatment,
    dose: row.dose,
    doseUnit: row.dose_unit,
    harvestHours: row.harvest_hours,
    monoCells: row.mono_cells,
    biCells: row.bi_cells,
    multiCells: row.multi_cells,
    columns: JSON.parse(row.columns_json),
    excluded: row.excluded,
  };
}

/** Details that a later row may leave out but not contradict. */
const COMPARED = [
  "role",
  "donor",
  "culture",
  "replicate",
  "treatment",
  "dose",
  "doseUnit",
  "harvestHours",
  "monoCells",
  "biCells",
  "multiCells",
] as const satisfies readonly (keyof SampleDetails)[];

function requireSameDetails(kept: Sample, given: SampleDetails): void {
  const conflict = COMPARED.find((name) => given[name] !== null && given[name] !== kept[name]);
  if (conflict === undefined) return;
  throw new MicronucleiError(
    "SAMPLE_CONFLICT",
    `The sample "${kept.name}" is there with ${conflict} ${kept[conflict] ?? "unknown"}, and now with ${given[conflict]}. ` +
      "Correct the table, or give the sample another name.",
  );
}
