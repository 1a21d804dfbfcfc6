import { basename } from "node:path";
import { RandomStream } from "../core/random.ts";
import { paperTable } from "../dataset/balance.ts";
import type { Dataset } from "../dataset/cell.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import { compareRuns, holmAdjusted, type PairedComparison, type TestCells } from "./compare-runs.ts";
import type { Experiment, ExperimentEntry, FinishedRun, PlannedRun } from "./experiment.ts";
import {
  type EntryResult,
  type ExperimentResult,
  type GroupResult,
  HEADLINE_METRICS,
  type HeadlineMetric,
  type OverSeeds,
  type RunSummary,
} from "./experiment-result.ts";
import { checkRandomised, type ExplainedExample, explainExamples, localise, readRunModel } from "./explain-runs.ts";
import { inferenceMilliseconds, networkCost } from "./network-cost.ts";
import { type PlannedTraining, runTrainings, type TrainingsRequest } from "./run-trainings.ts";
import { testCells, withSplit } from "./split-data.ts";
import { meanOf, standardDeviationOf } from "./spread.ts";

/** Run folders are named `<entry>-seed-<seed>`. */
export interface ExperimentRequest extends TrainingsRequest<PlannedRun & PlannedTraining> {
  readonly experiment: Experiment;
  /** Its trainings (plannedRuns), each with the weights that it starts from. */
  readonly runs: readonly PlannedRun[];
  readonly dataset: Dataset;
  readonly resamples: number;
  /** A model of the same network with weights drawn at random. */
  readonly randomise: (metadata: ModelMetadata, seed: number) => Uint8Array;
}

export interface ExperimentOutcome {
  readonly result: ExperimentResult;
  /** Figure 6: cells with the proposed network's maps. */
  readonly examples: readonly ExplainedExample[];
}

/** The split and the intervals have a seed of their own, whatever those of the trainings. */
const SPLIT_SEED = 1;

/**
 * Trains every entry of an experiment on the same split, tests each once, and compares them with the proposed one. Finished
 * trainings are used again and broken ones gone on with, so that the same call completes an experiment that was stopped.
 *
 * Throws the errors of withSplit; a training that fails is in `result.failed`.
 */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  const { experiment, reportProgress } = request;
  const stream = new RandomStream(SPLIT_SEED);
  const dataset = withSplit(request.dataset, stream.fork("split"));
  const planned = request.runs.map((run) => ({
    ...run,
    title: `${run.entry}, seed ${run.seed}`,
    folderName: `${run.entry}-seed-${run.seed}`,
    dataset,
  }));
  const trainings = await runTrainings(planned, request);
  const runsOf = (entry: string | null) => trainings.finished.filter((run) => run.entry === entry);
  const proposed = runsOf(experiment.proposed)[0];
  const measured: Measured[] = [];
  for (const entry of experiment.entries) {
    const runs = runsOf(entry.name);
    const [first] = runs;
    if (first === undefined) continue;
    reportProgress({ stage: "Measuring", done: measured.length, total: experiment.entries.length, detail: entry.name });
    measured.push(await measureEntry(entry, [first, ...runs.slice(1)], proposed, dataset, request));
  }
  const test = testCells(dataset);
  const fields = new Set(test.flatMap(({ field }) => field ?? []));
  const counts = { positiveClass: dataset.positiveClass, stream: stream.fork("counts") };
  const result: ExperimentResult = {
    title: experiment.title,
    data: {
      source: basename(dataset.source),
      hash: dataset.hash,
      classes: dataset.classes,
      testCells: test.length,
      testPositives: test.filter(({ label }) => label === dataset.positiveClass).length,
      testFields: fields.size === 0 ? null : fields.size,
    },
    numbersOfImages: { tad: paperTable(dataset.cells, "tad", counts), tvad: paperTable(dataset.cells, "tvad", counts) },
    proposed: experiment.proposed,
    tad: experiment.tad,
    entries: adjusted(measured),
    randomised:
      proposed === undefined
        ? null
        : await checkRandomised(proposed, dataset, request.session, request.randomise, reportProgress),
    failed: trainings.failed.map(({ entry, seed, code, message }) => ({ entry, seed, code, message })),
    left: trainings.left.map(({ entry, seed }) => ({ entry, seed })),
    resamples: request.resamples,
    version: request.version,
    device: request.session.device,
  };
  const examples = proposed === undefined ? [] : await explainExamples(proposed, dataset, request.session);
  return { result, examples };
}

type Measured = Omit<EntryResult, "comparison"> & { readonly comparison: PairedComparison | null };

async function measureEntry(
  { name, note }: ExperimentEntry,
  runs: readonly [FinishedRun, ...FinishedRun[]],
  proposed: FinishedRun | undefined,
  dataset: Dataset,
  { session, resamples, reportProgress }: ExperimentRequest,
): Promise<Measured> {
  const [first] = runs;
  const model = await readRunModel(first);
  const { network, side, weights } = first.settings;
  const isCompared = proposed !== undefined && proposed.entry !== name;
  const stream = new RandomStream(SPLIT_SEED).fork(`comparison of ${name}`);
  return {
    name,
    network: network.name,
    note: note ?? null,
    side,
    startedFrom: weights === null ? null : basename(weights),
    ...networkCost(network, side),
    runs: runs.map(summaryOf),
    metrics: Object.fromEntries(HEADLINE_METRICS.map((metric) => [metric, overSeeds(runs, metric)])) as Readonly<
      Record<HeadlineMetric, OverSeeds>
    >,
    inferenceMilliseconds: await inferenceMilliseconds(model, session),
    modelMegabytes: model.length / 1e6,
    comparison: isCompared
      ? compareRuns(scoredTest(first), scoredTest(proposed), cellsOfTest(dataset), { stream, resamples })
      : null,
    groups: groupResults(first, dataset),
    localisation: await localise(model, dataset, session, reportProgress),
  };
}

function summaryOf(run: FinishedRun): RunSummary {
  const { evaluation, history } = run;
  const test = evaluation.test!;
  const kept = history.findLast((record) => record.kept)!;
  const seconds = history.map((record) => record.seconds).sort((a, b) => a - b);
  return {
    seed: run.seed,
    folder: basename(run.folder),
    epochs: history.length,
    keptEpoch: kept.epoch,
    validationAuc: kept.validationAuc,
    threshold: evaluation.operatingPoint.threshold,
    test: Object.fromEntries(HEADLINE_METRICS.map((metric) => [metric, test[metric]])) as RunSummary["test"],
    confusion: test.confusion,
    secondsPerEpoch: seconds[Math.floor(seconds.length / 2)] as number,
    trainingSeconds: seconds.reduce((sum, value) => sum + value, 0),
  };
}

function overSeeds(runs: readonly FinishedRun[], metric: HeadlineMetric): OverSeeds {
  const values = runs.flatMap(({ evaluation }) => evaluation.test?.[metric] ?? []);
  const complete = values.length === runs.length;
  return {
    mean: complete ? meanOf(values) : null,
    standardDeviation: complete ? standardDeviationOf(values) : null,
    firstSeed_ci95: runs[0]?.evaluation.test?.[`${metric}_ci95`] ?? null,
  };
}

function scoredTest({ testScores, evaluation }: FinishedRun) {
  return { scores: testScores, threshold: evaluation.operatingPoint.threshold };
}

function cellsOfTest(dataset: Dataset): TestCells {
  const cells = testCells(dataset);
  return {
    positives: cells.map(({ label }) => label === dataset.positiveClass),
    groups: cells.map(({ field }) => field ?? null),
  };
}

/** The first seed's test cells by the column `group`; empty where the data has none. */
function groupResults(run: FinishedRun, dataset: Dataset): GroupResult[] {
  const groups = testCells(dataset).map(({ group }) => group ?? null);
  if (groups.every((group) => group === null)) return [];
  const evaluation = evaluateScores({
    ...scoredTest(run),
    thresholdSource: "validation cells",
    positives: cellsOfTest(dataset).positives,
    groups,
    groupedBy: "group",
    stream: new RandomStream(SPLIT_SEED),
    resamples: 0,
  });
  return evaluation.groups.map(({ group, cells, positives, auc, ap, f1 }) => ({
    ...{ group, auc, ap, f1 },
    positive: positives,
    negative: cells - positives,
  }));
}

/** Adds Holm's adjusted p values: each test over all entries that are compared. */
function adjusted(entries: readonly Measured[]): EntryResult[] {
  const compared = entries.flatMap(({ comparison }) => comparison ?? []);
  const delong = holmAdjusted(compared.map(({ delongP }) => delongP));
  const mcnemar = holmAdjusted(compared.map(({ mcnemarP }) => mcnemarP));
  return entries.map((entry) => {
    if (entry.comparison === null) return { ...entry, comparison: null };
    const at = compared.indexOf(entry.comparison);
    const adjustedP = { delongHolmP: delong[at] as number, mcnemarHolmP: mcnemar[at] as number };
    return { ...entry, comparison: { ...entry.comparison, ...adjustedP } };
  });
}
