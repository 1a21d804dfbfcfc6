import { EngineError } from "../core/errors.ts";
import { selectDevice } from "../engine/devices.ts";
import { MODEL_IN_THE_BOX, readModel } from "../scoring/model.ts";
import { type ScoreIntoFileOutcome, type ScoringSource, scoreIntoFile } from "../scoring/score-into-file.ts";
import type { Console } from "./console.ts";
import type { ScoreOptions } from "./score.ts";
import { type CellSource, openCellSource } from "./score-source.ts";

export interface ScoringSummary extends Omit<ScoreIntoFileOutcome, "finished"> {
  readonly scores: string;
  readonly seconds: number;
  readonly model: string;
  readonly modelSha256: string;
  readonly threshold: number;
  readonly views: number;
}

/** Scores a source into a file and says what came out; goes on with a broken-off file, stops in good order on Ctrl-C. */
export async function runScoring(
  first: string,
  second: string | undefined,
  options: ScoreOptions,
  console: Console,
): Promise<void> {
  const [modelPath, sourcePath] = second === undefined ? [MODEL_IN_THE_BOX, first] : [first, second];
  const started = performance.now();
  const model = await readModel(modelPath);
  const threshold = options.threshold ?? model.metadata.operating_point.threshold;
  const { device } = await selectDevice(options.device, console.message, { portable: true });
  const source = await openCellSource([sourcePath], model.metadata.classes);
  const scores = options.out ?? "scores.csv";
  const outcome = await untilInterrupted((signal) =>
    scoreIntoFile({
      model,
      threshold,
      source: scoringSource(source),
      path: scores,
      scoring: { session: { device, threads: options.threads ?? 0 }, batch: options.batch, views: options.views },
      reportProgress: console.progress,
      message: console.message,
      signal,
    }),
  );
  const { finished, ...counts } = outcome;
  if (!finished) throw scoringStopped(counts.cells, source.total, "The same command goes on from here.");
  const seconds = Number(((performance.now() - started) / 1000).toFixed(2));
  const summary = {
    ...counts,
    scores,
    seconds,
    model: modelPath,
    modelSha256: model.sha256,
    threshold,
    views: options.views,
  };
  console.result(summary, describe(summary));
}

/** Rows of a source as scoring takes them. */
export function scoringSource({ total, sha256, cells }: CellSource): ScoringSource {
  return {
    total,
    sha256,
    async *cells(from) {
      let place = 0;
      for await (const { path, columns } of cells()) if (place++ >= from) yield { path, source: columns };
    },
  };
}

/** The error that ends an interrupted command, so that scripts see that it is not done. */
export function scoringStopped(cells: number, total: number, howToGoOn: string): EngineError {
  return new EngineError("SCORING_STOPPED", `Stopped after ${cells} of ${total} cells. ${howToGoOn}`);
}

/** Runs work that the first Ctrl-C asks to stop in good order; a second one ends the program. */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function describe({ cells, failed, positive, scores, seconds, threshold }: ScoringSummary): string {
  const unreadable = failed === 0 ? "" : ` ${failed} could not be read; their rows say why.`;
  return `${cells} cells in ${seconds} s: ${scores}. Called positive from ${threshold.toFixed(3)} on: ${positive}.${unreadable}`;
}
