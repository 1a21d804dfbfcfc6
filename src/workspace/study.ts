import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { MicronucleiError } from "../core/errors.ts";
import type { Schema, StudyTable } from "./schema.ts";
import type { Workspace } from "./workspace.ts";

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** A dose-response curve from elsewhere, with the file that it came from. */
const curve = z.object({
  source: z.string(),
  sha256: z.string(),
  curve: z.object({
    model: z.enum(["linear-quadratic", "linear"]),
    coefficients: z.object({ c: z.number(), alpha: z.number(), beta: z.number() }),
    covariance: z.array(triple),
    doseRangeGray: z.object({ low: z.number(), high: z.number() }),
  }),
});

const design = z.object({
  title: z.string(),
  /** What the study asks: only frequencies, a dose, or whether a substance makes micronuclei. */
  kind: z.enum(["frequency", "biodosimetry", "genotoxicity"]),
  /**
   * What a dose is read from: `mnbn`, cells with at least one micronucleus, or `mn`, all micronuclei. A model calls cells and
   * does not count, so that `mn` needs a person's count for every cell with micronuclei.
   */
  endpoint: z.enum(["mnbn", "mn"]).default("mnbn"),
  /** Confidence level of every interval. */
  level: z.number().gt(0).lt(1).default(0.95),
  /** A calibration curve from elsewhere; null to fit one to the study's calibration samples. */
  curve: curve.nullable().default(null),
  curveModel: z.enum(["linear-quadratic", "linear"]).default("linear-quadratic"),
  /** Hours over which the dose was received; 0 for an acute exposure. */
  exposureHours: z.number().min(0).default(0),
  /** Share of cells with micronuclei in earlier negative controls; null where there are none. */
  historicalRatePerCell: z.number().gt(0).lt(1).nullable().default(null),
});

/** What a study is for and how its result is computed. */
export type StudyDesign = z.infer<typeof design>;
export type StudyDesignInput = z.input<typeof design>;

export interface Study {
  readonly id: number;
  readonly name: string;
  readonly design: StudyDesign;
  readonly createdAt: string;
  /** The scoring in use; null before the first. */
  readonly scoringId: number | null;
}

/** Names that are safe as folder names everywhere. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u;

/** Starts a study. Throws STUDY_EXISTS, STUDY_NAME. */
export async function createStudy(
  workspace: Workspace,
  who: string,
  request: { readonly name: string; readonly design: StudyDesignInput },
): Promise<Study> {
  requireName(request.name);
  const checked = design.parse(request.design);
  return await workspace.change(who, async ({ trx, at, record }) => {
    const existing = await trx.selectFrom("study").select("id").where("name", "=", request.name).executeTakeFirst();
    if (existing !== undefined)
      throw new MicronucleiError("STUDY_EXISTS", `There is a study "${request.name}" already. Give another name.`);
    const row = { name: request.name, design_json: JSON.stringify(checked), created_at: at, scoring_id: null };
    const { id } = await trx.insertInto("study").values(row).returning("id").executeTakeFirstOrThrow();
    const kept = { ...row, id };
    await record({ action: "create study", subject: `study ${id}`, studyId: id, newValue: kept });
    return asStudy(kept);
  });
}

/** All studies by name. */
export async function listStudies(db: Kysely<Schema>): Promise<Study[]> {
  return (await db.selectFrom("study").selectAll().orderBy("name").execute()).map(asStudy);
}

/** The study of this name. Throws STUDY_MISSING. */
export async function findStudy(db: Kysely<Schema>, name: string): Promise<Study> {
  const row = await db.selectFrom("study").selectAll().where("name", "=", name).executeTakeFirst();
  if (row !== undefined) return asStudy(row);
  const others = (await listStudies(db)).map((study) => study.name);
  throw new MicronucleiError(
    "STUDY_MISSING",
    `There is no study "${name}". ${others.length === 0 ? "The workspace has none yet: mn study create." : `Found: ${others.join(", ")}.`}`,
  );
}

/** The study of this number. Throws STUDY_MISSING. */
export async function studyOfNumber(db: Kysely<Schema>, id: number): Promise<Study> {
  const row = await db.selectFrom("study").selectAll().where("id", "=", id).executeTakeFirst();
  if (row !== undefined) return asStudy(row);
  throw new MicronucleiError(
    "STUDY_MISSING",
    `There is no study of the number ${id}. Open it anew from the list of studies.`,
  );
}

/** Changes the scoring whose predictions count; the old predictions stay. */
export async function selectScoring(
  workspace: Workspace,
  who: string,
  request: { readonly studyId: number; readonly scoringId: number; readonly reason: string | null },
): Promise<void> {
  await workspace.change(who, async ({ trx, record }) => {
    const old = await trx.selectFrom("study").selectAll().where("id", "=", request.studyId).executeTakeFirstOrThrow();
    if (old.scoring_id === request.scoringId) return;
    await trx.updateTable("study").set({ scoring_id: request.scoringId }).where("id", "=", old.id).execute();
    await record({
      action: "select scoring",
      subject: `study ${old.id}`,
      studyId: old.id,
      oldValue: old,
      newValue: { ...old, scoring_id: request.scoringId },
      reason: request.reason,
    });
  });
}

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw new MicronucleiError(
    "STUDY_NAME",
    `"${name}" cannot name a study. Use up to 100 letters, digits, spaces, ".", "_" and "-", with a letter or digit first.`,
  );
}

function asStudy({ id, name, design_json, created_at, scoring_id }: Selectable<StudyTable>): Study {
  return { id, name, design: design.parse(JSON.parse(design_json)), createdAt: created_at, scoringId: scoring_id };
}
