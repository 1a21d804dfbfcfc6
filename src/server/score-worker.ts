import { randomUUID } from "node:crypto";
import { EngineError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import { selectDevice } from "../engine/devices.ts";
import { readModel } from "../scoring/model.ts";
import { type IncomingCell, importCells } from "../workspace/import-cells.ts";
import { scoreStudy } from "../workspace/score-study.ts";
import { ensureScoring, findScoring, type Scoring } from "../workspace/scorings.ts";
import { selectScoring } from "../workspace/study.ts";
import { sampleNamed } from "../workspace/study-table.ts";
import { Workspace } from "../workspace/workspace.ts";
import type { ModelSource } from "./explainer.ts";
import { serveTask } from "./thread-task.ts";
import type { ReceivedFile } from "./uploads.ts";

/** Everything that a scoring's thread needs: it opens the workspace itself. */
export interface ScoreRequest {
  readonly folder: string;
  readonly studyId: number;
  readonly by: string;
  readonly version: string;
  readonly model: ModelSource;
  /** The scoring to go on with; null for one with the model's own threshold, which becomes the study's. */
  readonly scoringId: number | null;
  readonly upload: UploadedSlide | null;
}

export interface UploadedSlide {
  readonly images: string;
  readonly files: readonly ReceivedFile[];
  readonly sample: string;
  readonly slide: string;
}

export interface ScoreResult {
  readonly finished: boolean;
  readonly unreadable: number;
}

const CELLS_IN_PART = 1_000;

async function importUpload(
  workspace: Workspace,
  { studyId, by }: ScoreRequest,
  { images, files, sample, slide }: UploadedSlide,
  reportProgress: (progress: Progress) => void,
): Promise<void> {
  await importCells(workspace, by, {
    studyId,
    source: { path: `upload of ${sample}, slide ${slide}`, base: images, sha256: null },
    cells: incomingCells(files, sample, slide),
    // Codes of samples: nobody can foresee them.
    codes: new RandomStream(randomUUID()),
    reportProgress,
  });
}

/** In the order of their names, as a folder is imported. */
async function* incomingCells(files: readonly ReceivedFile[], sample: string, slide: string) {
  const details = sampleNamed(sample);
  const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  for (let from = 0; from < sorted.length; from += CELLS_IN_PART)
    yield sorted.slice(from, from + CELLS_IN_PART).map(
      ({ name, sha256 }): IncomingCell => ({
        sample: details,
        slide,
        file: name,
        originalId: null,
        x: null,
        y: null,
        columnsJson: null,
        sha256,
      }),
    );
}

async function score(
  workspace: Workspace,
  request: ScoreRequest,
  signal: AbortSignal,
  reportProgress: (progress: Progress) => void,
): Promise<ScoreResult> {
  const { by, studyId, scoringId, model: named } = request;
  const model = await readModel(named.path);
  if (model.sha256 !== named.id)
    throw new EngineError(
      "MODEL_CHANGED",
      `The file of the model "${named.name}" is not the one that was chosen. Choose a model anew.`,
    );
  const { device } = await selectDevice("auto", () => {}, { portable: true });
  const scoring = (scoringId === null ? null : await findScoring(workspace.db, scoringId)) ?? (await begin());
  const { finished, unreadable } = await scoreStudy(workspace, by, {
    scoring,
    model,
    options: { session: { device, threads: 0 } },
    reportProgress,
    signal,
  });
  if (finished && scoringId === null)
    await selectScoring(workspace, by, { studyId, scoringId: scoring.id, reason: `scored with ${named.name}` });
  return { finished, unreadable };

  async function begin(): Promise<Scoring> {
    return await ensureScoring(workspace, by, {
      studyId,
      modelSha256: model.sha256,
      modelPath: named.path,
      model: model.metadata,
      threshold: model.metadata.operating_point.threshold,
      settings: { origin: "scored here", device },
      version: request.version,
    });
  }
}

await serveTask<ScoreRequest, Progress, ScoreResult>(async (request, { signal, tell }) => {
  const workspace = await Workspace.open(request.folder, () => new Date());
  try {
    if (request.upload !== null) await importUpload(workspace, request, request.upload, tell);
    if (signal.aborted) return { finished: false, unreadable: 0 };
    return await score(workspace, request, signal, tell);
  } finally {
    await workspace.close();
  }
});
