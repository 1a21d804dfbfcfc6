import { RandomStream } from "../../src/core/random.ts";
import { type IncomingCell, importCells } from "../../src/workspace/import-cells.ts";
import type { PredictedOutcome } from "../../src/workspace/schema.ts";
import { ensureScoring, type Scoring } from "../../src/workspace/scorings.ts";
import { createStudy, findStudy, type Study, type StudyDesignInput } from "../../src/workspace/study.ts";
import type { SampleDetails } from "../../src/workspace/study-table.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";

/** A clock that stands still, so that everything is the same twice. */
export const NOON = () => new Date("2026-03-04T12:00:00.000Z");

/** How many cells of each predicted outcome a sample has. */
export interface MadeSample {
  readonly sample: SampleDetails;
  readonly outcomes: Partial<Record<PredictedOutcome, number>>;
}

export async function madeScoring(workspace: Workspace, studyId: number, model = "made model"): Promise<Scoring> {
  return await ensureScoring(workspace, "Ana", {
    studyId,
    modelSha256: model,
    modelPath: "made.onnx",
    model: { classes: ["normal", "mn"], positive_class: "mn" },
    threshold: 0.5,
    settings: {},
    version: "0.0.0-test",
  });
}

/** A study whose cells have predictions but no images. */
export async function madeStudy(
  workspace: Workspace,
  samples: readonly MadeSample[],
  design: Partial<StudyDesignInput> = {},
  name = "Made",
): Promise<Study> {
  const study = await createStudy(workspace, "Ana", {
    name,
    design: { title: "Made study", kind: "frequency", ...design },
  });
  const scoring = await madeScoring(workspace, study.id);
  await importCells(workspace, "Ana", {
    studyId: study.id,
    source: { path: "made", base: "/made", sha256: null },
    cells: madeCells(samples),
    scoring,
    codes: new RandomStream("codes"),
  });
  return await findStudy(workspace.db, name);
}

async function* madeCells(samples: readonly MadeSample[]): AsyncGenerator<IncomingCell[]> {
  for (const { sample, outcomes } of samples)
    yield Object.entries(outcomes).flatMap(([outcome, count]) =>
      Array.from({ length: count }, (_, index) => madeCell(sample, outcome as PredictedOutcome, index)),
    );
}

function madeCell(sample: SampleDetails, outcome: PredictedOutcome, index: number): IncomingCell {
  const score = { positive: 0.9, negative: 0.1, flagged: 0.4, unreadable: null }[outcome];
  return {
    sample,
    slide: "1",
    file: `${sample.name}/${outcome}-${index}.png`,
    originalId: `${outcome} ${index}`,
    x: index,
    y: 2 * index,
    columnsJson: null,
    sha256: null,
    prediction: {
      outcome,
      probability: score,
      quality: outcome === "flagged" ? "blank" : "ok",
      attentionX: null,
      attentionY: null,
      attentionPeak: null,
      error: outcome === "unreadable" ? "IMAGE_TRUNCATED: the file ends early" : null,
    },
  };
}

/** Numbers of a sample's cells, in the order of their import. */
export async function cellsOf(workspace: Workspace, sample: string): Promise<number[]> {
  const rows = await workspace.db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .select("cell.id")
    .where("sample.name", "=", sample)
    .orderBy("cell.id")
    .execute();
  return rows.map(({ id }) => id);
}
