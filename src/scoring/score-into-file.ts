import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { ModelFile } from "./model.ts";
import { type CellImage, type ScoringOptions, scoreCells } from "./score-cells.ts";
import { countRow, type ScoreCounts, ScoreFile } from "./score-file.ts";
import { errorColumns, scoreColumns } from "./score-row.ts";

/** The cells of a source, which can be gone through again. */
export interface ScoringSource {
  readonly total: number;
  /** Of all rows in their order. */
  readonly sha256: string;
  /** From a place on; the columns of each cell's row travel with it. */
  cells(from: number): AsyncIterable<CellImage<Readonly<Record<string, string>>>>;
}

export interface ScoreIntoFileRequest {
  readonly model: ModelFile;
  readonly threshold: number;
  readonly source: ScoringSource;
  /** Result: .csv, .jsonl or .ndjson. */
  readonly path: string;
  readonly scoring: ScoringOptions;
  readonly reportProgress?: ReportProgress;
  readonly message?: (text: string) => void;
  /** Ends the scoring after the batch under way; the partial file stays. */
  readonly signal?: AbortSignal;
}

export interface ScoreIntoFileOutcome extends ScoreCounts {
  readonly finished: boolean;
}

/**
 * Scores a source into a file, one row a cell in its order, or goes on with a broken-off one. The file is there, whole,
 * only at the end. Throws SCORES_NOT_WRITTEN.
 */
export async function scoreIntoFile(request: ScoreIntoFileRequest): Promise<ScoreIntoFileOutcome> {
  const { model, threshold, source, path, scoring, signal } = request;
  const { reportProgress = ignoreProgress, message = () => {} } = request;
  const { classes, positive_class: positiveClass } = model.metadata;
  const { views = 1 } = scoring;
  const identity = {
    ...{ modelSha256: model.sha256, sourceSha256: source.sha256, threshold, positiveClass },
    ...(views === 1 ? {} : { views }),
  };
  const file = await ScoreFile.open(path, identity);
  let counts = file.before;
  if (counts.cells > 0) message(`Going on after the ${counts.cells} cells that ${path}.partial holds.`);
  try {
    for await (const cell of scoreCells(model, source.cells(counts.cells), scoring)) {
      if (signal?.aborted) break;
      const score = "score" in cell ? scoreColumns(cell.score, { classes, threshold }) : errorColumns(cell.error);
      const row = { columns: cell.source, score };
      await file.write(row);
      counts = countRow(counts, row, positiveClass);
      reportProgress({ stage: "Scoring", done: counts.cells, total: source.total, detail: unreadable(counts) });
    }
  } catch (error) {
    await file.suspend();
    throw error;
  }
  if (signal?.aborted) await file.suspend();
  else await file.finish();
  return { ...counts, finished: !signal?.aborted };
}

function unreadable({ failed }: ScoreCounts): string {
  return failed === 0 ? "" : `${failed} unreadable`;
}
