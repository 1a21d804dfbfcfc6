import { EvaluationError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import { selectDevice } from "../engine/devices.ts";
import { compareRankings, discordantPairs, mcnemarExact } from "../evaluation/comparison.ts";
import { pairedDelongTest } from "../evaluation/delong.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import { summariseEvaluation } from "../evaluation/summarise-evaluation.ts";
import { type ModelFile, readModel } from "../scoring/model.ts";
import { scoreCells } from "../scoring/score-cells.ts";
import type { Comparison } from "./api/models.ts";
import type { ModelSource } from "./explainer.ts";
import { serveTask } from "./thread-task.ts";

export interface CompareRequest {
  readonly id: string;
  readonly models: readonly [ModelSource, ModelSource];
  readonly cells: readonly ComparedCell[];
}

export interface ComparedCell {
  readonly path: string;
  readonly positive: boolean;
  /** What is resampled for the intervals; null for the cell itself. */
  readonly group: string | null;
}

/** Null where it was stopped. */
export type CompareResult = Comparison | null;

const RESAMPLES = 1_000;
const SEED = 1;

/** Null for a cell whose picture cannot be read. */
async function probabilitiesOf(
  model: ModelFile,
  cells: readonly ComparedCell[],
  signal: AbortSignal,
  report: (done: number) => void,
): Promise<(number | null)[]> {
  const { device } = await selectDevice("auto", () => {}, { portable: true });
  const images = cells.map(({ path }, index) => ({ path, source: index }));
  const probabilities: (number | null)[] = [];
  for await (const cell of scoreCells(model, images, { session: { device, threads: 0 } })) {
    probabilities.push("score" in cell ? cell.score.probability : null);
    report(probabilities.length);
    if (signal.aborted) break;
  }
  return probabilities;
}

function compare(
  { id, models }: CompareRequest,
  files: readonly [ModelFile, ModelFile],
  cells: readonly (ComparedCell & { readonly one: number; readonly other: number })[],
): Comparison {
  const positives = cells.map(({ positive }) => positive);
  requireBothClasses(positives);
  const scores = [cells.map(({ one }) => one), cells.map(({ other }) => other)] as const;
  const groups = cells.map(({ group }) => group);
  const measured = ([0, 1] as const).map((index) => {
    const { threshold } = files[index].metadata.operating_point;
    const evaluation = summariseEvaluation(
      evaluateScores({
        ...{ scores: scores[index], positives, groups, threshold, resamples: RESAMPLES },
        thresholdSource: "the model's own",
        stream: new RandomStream(SEED).fork("intervals"),
      }),
    );
    if (evaluation === null) throw new Error("Both classes were there, and an evaluation needs no more.");
    return { id: models[index].id, name: models[index].name, evaluation };
  });
  const stream = new RandomStream(SEED).fork("difference");
  // Second minus first.
  const { auc } = compareRankings({
    first: scores[1],
    second: scores[0],
    positives,
    groups,
    stream,
    resamples: RESAMPLES,
  });
  const [low, high] = auc.difference_ci95 ?? [-1, 1];
  const calls = ([0, 1] as const).map((index) => {
    const { threshold } = files[index].metadata.operating_point;
    return scores[index].map((score) => score >= threshold);
  });
  const { onlyFirstRight, onlySecondRight } = discordantPairs(calls[0] ?? [], calls[1] ?? [], positives);
  return {
    id,
    cells: cells.length,
    positives: positives.filter(Boolean).length,
    models: measured as Comparison["models"],
    aucDifference: { value: auc.difference, low, high },
    aucPValue: pairedDelongTest(scores[1], scores[0], positives).pValue,
    callsPValue: mcnemarExact(onlyFirstRight, onlySecondRight),
  };
}

const LEAST_OF_CLASS = 2;

function requireBothClasses(positives: readonly boolean[]): void {
  const count = positives.filter(Boolean).length;
  if (Math.min(count, positives.length - count) >= LEAST_OF_CLASS) return;
  throw new EvaluationError(
    "COMPARISON_TOO_FEW_CELLS",
    `Neither model was trained on ${positives.length} of these labelled cells and their slides, ${count} of them with ` +
      `micronuclei; a comparison needs at least ${LEAST_OF_CLASS} with and without. Review cells of further samples.`,
  );
}

await serveTask<CompareRequest, Progress, CompareResult>(async (request, { signal, tell }) => {
  const [first, second] = await Promise.all([readModel(request.models[0].path), readModel(request.models[1].path)]);
  const total = 2 * request.cells.length;
  const report = (before: number) => (done: number) =>
    tell({ stage: "Scoring the held-out cells", done: before + done, total });
  const ofFirst = await probabilitiesOf(first, request.cells, signal, report(0));
  const ofSecond = await probabilitiesOf(second, request.cells, signal, report(request.cells.length));
  if (signal.aborted) return null;
  // What one of them cannot read neither is measured on.
  const cells = request.cells.flatMap((cell, index) => {
    const [one, other] = [ofFirst[index], ofSecond[index]];
    return one == null || other == null ? [] : [{ ...cell, one, other }];
  });
  tell({ stage: "Comparing", done: 0, total: 1 });
  return compare(request, [first, second], cells);
});
