import { RandomStream } from "../src/core/random.ts";
import { type IncomingCell, importCells } from "../src/workspace/import-cells.ts";
import { ensureScoring } from "../src/workspace/scorings.ts";
import { createStudy, type Study, studyOfNumber } from "../src/workspace/study.ts";
import { sampleNamed } from "../src/workspace/study-table.ts";
import type { Workspace } from "../src/workspace/workspace.ts";

const POSITIVE_SHARE = 0.03;

/** Where the pictures of a made study would lie, or do. */
export interface MadeFiles {
  /** Folder of all files. */
  readonly base: string;
  readonly cellsOfSample: number;
  /** File of a cell in `base`, with its hash; both count from 0. */
  readonly fileOf: (sample: number, cell: number) => Pick<IncomingCell, "file" | "sha256">;
}

/** A study of `cells` cells with the scores of a model that called 3 % of them positive. */
export async function makeStudy(workspace: Workspace, cells: number, files: MadeFiles): Promise<Study> {
  const { id } = await createStudy(workspace, "bench", {
    name: "large",
    design: { title: "large", kind: "frequency" },
  });
  const scoring = await ensureScoring(workspace, "bench", {
    ...{ studyId: id, modelSha256: "made", modelPath: "made.onnx", model: {}, threshold: 0.5, settings: {} },
    version: "0",
  });
  await importCells(workspace, "bench", {
    studyId: id,
    source: { path: "made", base: files.base, sha256: null },
    cells: makeCells(cells, files),
    scoring,
    codes: new RandomStream("bench"),
  });
  return await studyOfNumber(workspace.db, id);
}

async function* makeCells(cells: number, { cellsOfSample, fileOf }: MadeFiles) {
  const stream = new RandomStream("bench labels");
  for (let from = 0; from < cells; from += cellsOfSample) {
    const number = from / cellsOfSample;
    const sample = sampleNamed(`Sample ${number}`);
    yield Array.from({ length: Math.min(cellsOfSample, cells - from) }, (_, index) => {
      const isPositive = stream.chance(POSITIVE_SHARE);
      return {
        ...{ sample, slide: "1", originalId: null, x: null, y: null, columnsJson: null, ...fileOf(number, index) },
        prediction: {
          outcome: isPositive ? ("positive" as const) : ("negative" as const),
          probability: isPositive ? stream.uniform(0.5, 1) : stream.uniform(0, 0.5),
          ...{ quality: "ok", attentionX: null, attentionY: null, attentionPeak: null, error: null },
        },
      };
    });
  }
}
