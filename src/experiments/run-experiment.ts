import { basename, join } from "node:path";
import { MicronucleiError } from "../core/errors.ts";
import { RandomStream } from "../core/random.ts";
import { paperTable } from "../dataset/balance.ts";
import type { Dataset } from "../dataset/cell.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import { compareRuns, holmAdjusted } from "./compare-runs.ts";
import {
  type Experiment,
  type ExperimentEntry,
  type FinishedRun,
  type IsChosen,
  type PlannedRun,
  plannedRuns,
  runName,
} from "./experiment.ts";
import {
  type EntryComparison,
  type EntryResult,
  type ExperimentResult,
  type GroupResult,
  HEADLINE_METRICS,
  type RunSummary,
} from "./experiment-result.ts";
import { type ExplainedExample, explainExamples } from "./explain-runs.ts";
import { networkCost } from "./network-cost.ts";
import { measureOverSeeds, type Resampling, type TestCells } from "./over-seeds.ts";
import {
  hasRunModel,
  type MeasuringRequest,
  measureRun,
  type RunMeasurements,
  readRunModel,
} from "./run-measurements.ts";
import {
  isFinished,
  type PlannedTraining,
  runTrainings,
  type TrainingFailure,
  type Trainings,
  type TrainingsRequest,
} from "./run-trainings.ts";
import { testCells, withSplit } from "./split-data.ts";

/** Run folders are named by runName. */
export interface ExperimentRequest
  extends TrainingsRequest<PlannedRun & PlannedTraining>,
    Omit<MeasuringRequest, "session"> {
  readonly experiment: Experiment;
  /** Whether to make a training now; one that is finished is used in any case, any other is left. */
  readonly isChosen: IsChosen;
  readonly resamples: number;
  /** Told what there is after each training that is made now, but for the last. */
  readonly reportOutcome: (outcome: ExperimentOutcome) => Promise<void>;
}

export interface ExperimentOutcome {
  readonly result: ExperimentResult;
  /** Figure 6: cells with the proposed network's maps; none where its model is no longer there. */
  readonly examples: readonly ExplainedExample[];
}

/** The split and the intervals have a seed of their own, whatever those of the trainings. */
const SPLIT_SEED = 1;

/**
 * Trains every entry of an experiment on the same split, tests each once, and compares them with the proposed one. Finished
 * trainings are used again and broken ones gone on with, so that the same call completes an experiment that was stopped. Each
 * entry's first training is measured as soon as it is finished.
 *
 * Throws the errors of withSplit; a training that fails, or cannot be measured, is in `result.failed`.
 */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  const { experiment } = request;
  const stream = new RandomStream(SPLIT_SEED);
  const dataset = withSplit(request.dataset, stream.fork("split"));
  const planned = plannedRuns(experiment).map((run) => ({
    ...run,
    title: `${run.entry}, seed ${run.seed}`,
    folderName: runName(run),
    dataset,
  }));
  const now = planned.filter((run) => request.isChosen(run) || isFinished(join(request.folder, run.folderName)));
  const later = planned.filter((run) => !now.includes(run));
  const measuring = new Measuring({ ...request, dataset }, experiment.proposed);
  const outcome = (state: Trainings<PlannedRun & PlannedTraining>) =>
    outcomeOf({ ...state, left: [...state.left, ...later] }, measuring, dataset, request);
  const trainings = await runTrainings(now, {
    ...request,
    reportTrainings: async (state) => {
      await measuring.measure(state.finished);
      await request.reportTrainings(state);
      const renewed = state.finished.at(-1)?.isNew === true && state.left.length > 0;
      if (renewed) await request.reportOutcome(await outcome(state));
    },
  });
  return outcome(trainings);
}

async function outcomeOf(
  trainings: Pick<Trainings<PlannedRun & PlannedTraining>, "finished" | "failed" | "left">,
  measuring: Measuring,
  dataset: Dataset,
  request: ExperimentRequest,
): Promise<ExperimentOutcome> {
  const { experiment, session } = request;
  const runsOf = (entry: string) => trainings.finished.filter((run) => run.entry === entry);
  const measuredRunsOf = (entry: string) => (measuring.measured.has(entry) ? runsOf(entry) : []);
  const [proposed] = measuredRunsOf(experiment.proposed);
  const cells = cellsOfTest(dataset);
  const entries = experiment.entries.flatMap((entry) => {
    const [first, ...others] = runsOf(entry.name);
    const measurements = measuring.measured.get(entry.name);
    if (first === undefined || measurements === undefined) return [];
    const runs = [first, ...others] as const;
    const metrics = measureOverSeeds(runs.map(scoredTest), cells, resamplingOf(request));
    const comparedWith = measuredRunsOf(entry.comparedWith ?? experiment.proposed);
    const comparison = comparisonOf(runs, comparedWith, cells, resamplingOf(request));
    return [describeEntry(entry, runs, { ...measurements, metrics, comparison }, dataset)];
  });
  const test = testCells(dataset);
  const fields = new Set(test.flatMap(({ field }) => field ?? []));
  const counts = { positiveClass: dataset.positiveClass, stream: new RandomStream(SPLIT_SEED).fork("counts") };
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
    entries: adjusted(entries),
    randomised: measuring.measured.get(experiment.proposed)?.randomised ?? null,
    failed: [...trainings.failed, ...measuring.failed].map(failureOf),
    left: trainings.left.map(({ entry, seed }) => ({ entry, seed })),
    resamples: request.resamples,
    version: request.version,
    device: session.device,
  };
  if (proposed === undefined || !hasRunModel(proposed)) return { result, examples: [] };
  return { result, examples: await explainExamples(proposed, await readRunModel(proposed), dataset, session) };
}

function failureOf({ entry, seed, code, message }: PlannedRun & TrainingFailure): ExperimentResult["failed"][number] {
  return { entry, seed, code, message };
}

/** A comparison before its p values are adjusted. */
type UnadjustedComparison = Omit<EntryComparison, "delongHolmP" | "mcnemarHolmP">;

/** Measures the first training of each entry, once. */
class Measuring {
  /** By the name of the entry. */
  readonly measured = new Map<string, RunMeasurements>();
  readonly failed: (FinishedRun & TrainingFailure)[] = [];
  readonly #request: MeasuringRequest & Pick<ExperimentRequest, "message" | "resamples">;
  readonly #proposed: string;

  constructor(request: MeasuringRequest & Pick<ExperimentRequest, "message" | "resamples">, proposed: string) {
    this.#request = request;
    this.#proposed = proposed;
  }

  async measure(finished: readonly FinishedRun[]): Promise<void> {
    for (const run of finished) {
      if (this.measured.has(run.entry) || this.failed.some(({ entry }) => entry === run.entry)) continue;
      try {
        this.measured.set(run.entry, await measureRun(run, run.entry === this.#proposed, this.#request));
      } catch (error) {
        if (!(error instanceof MicronucleiError)) throw error;
        this.#request.message(error.message);
        this.failed.push({ ...run, code: error.code, message: error.message });
      }
    }
  }
}

/** Of the seeds that both have. Null of an entry with itself, and while there is no other. */
function comparisonOf(
  runs: readonly FinishedRun[],
  others: readonly FinishedRun[],
  cells: TestCells,
  resampling: Resampling,
): UnadjustedComparison | null {
  const [first, ...further] = runs.flatMap((run) => {
    const other = others.find(({ seed }) => seed === run.seed);
    return other === undefined || other.entry === run.entry ? [] : [{ run, other }];
  });
  if (first === undefined) return null;
  const scored = ({ run, other }: typeof first) => [scoredTest(run), scoredTest(other)] as const;
  const compared = compareRuns([scored(first), ...further.map(scored)], cells, resampling);
  return { comparedWith: first.other.entry, ...compared };
}

type Measured = Omit<EntryResult, "comparison"> & { readonly comparison: UnadjustedComparison | null };

function describeEntry(
  { name, note }: ExperimentEntry,
  runs: readonly [FinishedRun, ...FinishedRun[]],
  found: Pick<Measured, "metrics" | "comparison" | "inferenceMilliseconds" | "modelMegabytes" | "localisation">,
  dataset: Dataset,
): Measured {
  const [first] = runs;
  const { network, side, weights } = first.settings;
  const { metrics, inferenceMilliseconds, modelMegabytes, localisation, comparison } = found;
  return {
    name,
    network: network.name,
    note: note ?? null,
    side,
    startedFrom: weights === null ? null : basename(weights),
    ...networkCost(network, side),
    runs: runs.map(summaryOf),
    metrics,
    ...{ inferenceMilliseconds, modelMegabytes, localisation },
    comparison,
    groups: groupResults(first, dataset),
  };
}

function summaryOf(run: FinishedRun): RunSummary {
  const { evaluation, history, settings } = run;
  const test = evaluation.test!;
  const kept = history.findLast((record) => record.kept)!;
  const seconds = history.map((record) => record.seconds).sort((a, b) => a - b);
  const rateFell = (history.at(-1)?.learningRate ?? 0) < Math.max(...history.map(({ learningRate }) => learningRate));
  return {
    seed: run.seed,
    folder: basename(run.folder),
    epochs: history.length,
    keptEpoch: kept.epoch,
    validationAuc: kept.validationAuc,
    // A mean of weights takes the place of a falling rate.
    endedEarly: settings.weights === null && settings.averageEpochs === undefined && !rateFell,
    threshold: evaluation.operatingPoint.threshold,
    test: Object.fromEntries(HEADLINE_METRICS.map((metric) => [metric, test[metric]])) as RunSummary["test"],
    confusion: test.confusion,
    secondsPerEpoch: seconds[Math.floor(seconds.length / 2)] as number,
    trainingSeconds: seconds.reduce((sum, value) => sum + value, 0),
  };
}

/** The same resamples for whatever is measured: equal scores have equal intervals. */
function resamplingOf({ resamples }: Pick<ExperimentRequest, "resamples">): Resampling {
  return { stream: new RandomStream(SPLIT_SEED).fork("resamples"), resamples };
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
