import { randomUUID } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { RandomStream } from "../core/random.ts";
import { valueOnly } from "./query-order.ts";
import type { DrawTable, Schema } from "./schema.ts";
import type { Study } from "./study.ts";
import type { Change, Workspace } from "./workspace.ts";

type StudyKey = Pick<Study, "id" | "scoringId">;
export type Call = "positive" | "negative";

/** Queues whose cells are drawn at random among those with one call: only these say how good the calls are. */
export const RANDOM_QUEUES = { positive: "random-positive", negative: "random-negative" } as const;

/** A random sample of the cells with one call, for a person to look at. */
export interface Draw {
  readonly id: number;
  readonly called: Call;
  /** In the order in which they were drawn. */
  readonly cells: readonly number[];
}

/** Draws from the calls of the scoring in use, oldest first. */
export async function listDraws(db: Kysely<Schema>, { scoringId }: Pick<StudyKey, "scoringId">): Promise<Draw[]> {
  const rows = await db
    .selectFrom("draw")
    .selectAll()
    .where("scoring_id", "=", scoringId ?? 0)
    .orderBy("id")
    .execute();
  return rows.map(asDraw);
}

/**
 * Makes the random sample of one call as large as `cells`, as far as there are cells left that can be drawn: what was drawn
 * before belongs to it. Asked twice for the same size, it draws once. The draw and its seed are in the audit trail.
 */
export async function drawAuditSample(
  workspace: Workspace,
  who: string,
  request: { readonly study: StudyKey; readonly called: Call; readonly cells: number; readonly seed?: string },
): Promise<Draw | null> {
  const { study, called, cells, seed = randomUUID() } = request;
  const { scoringId } = study;
  if (scoringId === null) return null;
  return await workspace.change(who, async (change) => {
    const drawn = (await listDraws(change.trx, study)).filter((draw) => draw.called === called);
    const missing = cells - drawn.reduce((sum, draw) => sum + draw.cells.length, 0);
    if (missing <= 0) return null;
    const known = new Set(drawn.flatMap((draw) => draw.cells));
    const free = (await drawableCells(change.trx, study, called)).filter((cell) => !known.has(cell));
    if (free.length === 0) return null;
    return await recordDraw(change, {
      study_id: study.id,
      scoring_id: scoringId,
      called,
      seed,
      available: free.length,
      cells_json: JSON.stringify(new RandomStream(seed).shuffle(free).slice(0, missing)),
      drawn_at: change.at,
    });
  });
}

async function recordDraw({ trx, record }: Change, row: Omit<Selectable<DrawTable>, "id">): Promise<Draw> {
  const { id } = await trx.insertInto("draw").values(row).returning("id").executeTakeFirstOrThrow();
  const kept = { ...row, id };
  await record({ action: "draw cells", subject: `draw ${id}`, studyId: row.study_id, newValue: kept });
  return asDraw(kept);
}

function asDraw({ id, called, cells_json }: Selectable<DrawTable>): Draw {
  return { id, called, cells: JSON.parse(cells_json) };
}

/**
 * Cells for a random sample of one call: drawn without replacement among those with this call, in the order in which they
 * were drawn. All of them where there are fewer. Label them in the queue of `RANDOM_QUEUES`.
 */
export async function drawForAudit(
  db: Kysely<Schema>,
  study: StudyKey,
  request: { readonly called: Call; readonly cells: number; readonly stream: RandomStream },
): Promise<number[]> {
  return request.stream.shuffle(await drawableCells(db, study, request.called)).slice(0, request.cells);
}

/**
 * Cells with a call, of samples that count; those, too, that a person has read. What is read first, the surest or the most
 * uncertain, is unlike the rest: a sample of the rest would measure a part and be taken for the whole.
 */
async function drawableCells(db: Kysely<Schema>, study: StudyKey, called: Call): Promise<number[]> {
  const rows = await db
    .selectFrom("prediction")
    .innerJoin("cell", "cell.id", "prediction.cell_id")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .select("prediction.cell_id")
    .where("prediction.scoring_id", "=", study.scoringId ?? 0)
    .where("prediction.outcome", "=", called)
    .where("slide.study_id", "=", study.id)
    .where("sample.excluded", "is", null)
    .orderBy("prediction.cell_id")
    .execute();
  return rows.map(({ cell_id }) => cell_id);
}

/** A cell that a person has judged as one of a random sample. */
export interface AuditedCell {
  readonly predicted: Call;
  readonly probability: number;
  readonly positive: boolean;
}

/**
 * Cells of the random samples with the label that counts, as far as they are binucleate and scorable. Of a draw these are
 * the labelled ones up to the last that was labelled in its queue, whichever way they were labelled: who comes upon
 * a drawn cell elsewhere, such as among the most uncertain, does not take it out of the sample, nor does one that lies
 * further down belong to the part that was seen. A draw whose cells are all labelled was seen to its end, wherever that
 * was done: who reads every cell called positive has audited these calls.
 */
export async function auditedCells(db: Kysely<Schema>, study: StudyKey): Promise<AuditedCell[]> {
  const rows = await labelledCalls(db, study);
  const labelled = new Set(rows.map(({ cellId }) => cellId));
  const inQueue = new Set(rows.filter((row) => row.drawn).map(({ cellId }) => cellId));
  const seen = new Set(inQueue);
  for (const { cells } of await listDraws(db, study)) {
    const complete = cells.every((cell) => labelled.has(cell));
    const end = complete ? cells.length : 1 + cells.findLastIndex((drawn) => inQueue.has(drawn));
    for (const cell of cells.slice(0, end)) seen.add(cell);
  }
  return rows.flatMap(({ cellId, predicted, probability, finding }) =>
    seen.has(cellId) && probability !== null && (finding === "mn" || finding === "normal")
      ? [{ predicted, probability, positive: finding === "mn" }]
      : [],
  );
}

/** Cells with a call and a label; `drawn`: some label was given in a random queue. */
async function labelledCalls(db: Kysely<Schema>, study: StudyKey) {
  const rows = await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .innerJoin("cell", (join) => join.on("cell.id", "=", valueOnly("current_label.cell_id")))
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .innerJoin("prediction", "prediction.cell_id", "cell.id")
    .select(["cell.id", "prediction.outcome", "prediction.probability", "label.finding"])
    .select((select) =>
      select
        .exists(
          select
            .selectFrom("label as drawn")
            .select("drawn.id")
            .whereRef("drawn.cell_id", "=", "cell.id")
            .where("drawn.queue", "in", Object.values(RANDOM_QUEUES)),
        )
        .as("drawn"),
    )
    .where("slide.study_id", "=", study.id)
    .where("sample.excluded", "is", null)
    .where("prediction.scoring_id", "=", study.scoringId ?? 0)
    .where("prediction.outcome", "in", ["positive", "negative"])
    .orderBy("cell.id")
    .execute();
  return rows.map(({ id, outcome, probability, finding, drawn }) => ({
    cellId: id,
    predicted: outcome as Call,
    probability,
    finding,
    drawn: Boolean(drawn),
  }));
}
