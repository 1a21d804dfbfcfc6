import { basename } from "node:path";
import type { Dataset } from "../dataset/cell.ts";
import type { GroupBy } from "../dataset/grouping.ts";
import {
  type PlannedTraining,
  runTrainings,
  type TrainingResult,
  type Trainings,
  type TrainingsRequest,
} from "./run-trainings.ts";
import { meanOf, standardDeviationOf } from "./spread.ts";
import type { TuningFolds } from "./tune-folds.ts";
import type { Candidate } from "./tune-plan.ts";

/** One candidate on one fold; folds count from 1. */
type FoldTraining = PlannedTraining & { readonly candidate: Candidate; readonly fold: number };

export interface TuningRequest extends Omit<TrainingsRequest<FoldTraining>, "reportTrainings"> {
  readonly title: string;
  /** How the candidates were found. */
  readonly search: { readonly kind: "grid" } | { readonly kind: "random"; readonly seed: number };
  readonly candidates: readonly Candidate[];
  readonly dataset: Dataset;
  readonly folds: TuningFolds;
  readonly foldBy: GroupBy;
  /** Told before the first training and after each, with the table as it stands. */
  readonly reportResult: (result: TuningResult, trainings: Trainings<PlannedTraining>) => Promise<void> | void;
}

/** One candidate over the folds that are finished. */
export interface CandidateResult {
  /** From 1; null while it lacks a fold that others have, so that it cannot be compared. */
  readonly rank: number | null;
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** ROC area of each fold's validation cells, all of them unchanged; null where it is not finished. */
  readonly aucs: readonly (number | null)[];
  readonly auc: number | null;
  /** Standard deviation over the folds; null for one. */
  readonly aucSpread: number | null;
  /** Mean over the folds of what the first in rank has more, and its standard error; null for the first itself. */
  readonly behind: number | null;
  readonly behindError: number | null;
  /** Means over the folds. */
  readonly ap: number | null;
  readonly keptEpoch: number | null;
  readonly trainingSeconds: number | null;
  readonly settings: Candidate["settings"];
}

/** Everything that a search found: what `tuning.json` holds. Plain data, no NaN. */
export interface TuningResult {
  readonly title: string;
  readonly data: {
    /** Name of the manifest or folder; the hash says what was in it. */
    readonly source: string;
    readonly hash: string;
    readonly classes: readonly string[];
    /** In all folds together, and those of the split `test`, which took no part. */
    readonly cells: number;
    readonly heldBack: number;
  };
  readonly search: TuningRequest["search"];
  readonly folds: number;
  readonly foldBy: GroupBy;
  /** Paths of the settings that vary. */
  readonly varied: readonly string[];
  /** In their rank, those without one last. */
  readonly candidates: readonly CandidateResult[];
  readonly failed: readonly {
    readonly candidate: string;
    readonly fold: number;
    readonly code: string;
    readonly message: string;
  }[];
  /** Trainings not finished yet. */
  readonly left: number;
  readonly version: string;
  readonly device: string;
}

/**
 * Trains every candidate on every fold and ranks them by their mean validation ROC area. All candidates have the first fold before any
 * has the second, so that a search that was stopped compares like with like. Finished trainings are used again.
 */
export async function runTuning(request: TuningRequest): Promise<TuningResult> {
  const { datasets } = request.folds;
  const planned = datasets.flatMap((dataset, index) =>
    request.candidates.map((candidate) => ({
      ...{ candidate, dataset, fold: index + 1, settings: candidate.settings },
      title: `${describeValues(candidate.values)}, fold ${index + 1} of ${datasets.length}`,
      folderName: `${candidate.id}-fold-${index + 1}-of-${datasets.length}`,
    })),
  );
  const trainings = await runTrainings(planned, {
    ...request,
    reportTrainings: (state) => request.reportResult(resultOf(request, state), state),
  });
  return resultOf(request, trainings);
}

/** "learningRate 0.01, gamma 2": the last name of each path, and its value. */
export function describeValues(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([path, value]) => `${path.split(".").at(-1)} ${valueText(value)}`)
    .join(", ");
}

/** A value as a settings file has it; of a file its name alone. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? basename(value) : JSON.stringify(value);
}

function resultOf(request: TuningRequest, { finished, failed, left }: Trainings<FoldTraining>): TuningResult {
  const { title, search, candidates, dataset, folds, foldBy, version, session } = request;
  const measured = candidates.map((candidate) =>
    measure(
      candidate,
      folds.datasets.map((_, index) =>
        finished.find((run) => run.candidate.id === candidate.id && run.fold === index + 1),
      ),
    ),
  );
  return {
    ...{ title, search, foldBy, version },
    data: {
      source: basename(dataset.source),
      hash: dataset.hash,
      classes: dataset.classes,
      cells: folds.cells,
      heldBack: folds.heldBack,
    },
    folds: folds.datasets.length,
    varied: Object.keys(candidates[0]?.values ?? {}),
    candidates: ranked(measured),
    failed: failed.map(({ candidate, fold, code, message }) => ({ candidate: candidate.id, fold, code, message })),
    left: left.length,
    device: session.device,
  };
}

type Measured = Omit<CandidateResult, "rank" | "behind" | "behindError">;

/** `runs`: by fold, undefined where it is not finished. */
function measure({ id, values, settings }: Candidate, runs: readonly (TrainingResult | undefined)[]): Measured {
  const done = runs.filter((run) => run !== undefined);
  const aucs = runs.map((run) => run?.evaluation.validation.auc ?? null);
  const known = aucs.filter((auc) => auc !== null);
  return {
    ...{ id, values, aucs, settings },
    auc: meanOf(known),
    aucSpread: standardDeviationOf(known),
    ap: meanOf(done.flatMap(({ evaluation }) => evaluation.validation.ap ?? [])),
    keptEpoch: meanOf(done.map(({ history }) => history.findLast(({ kept }) => kept)?.epoch ?? 0)),
    trainingSeconds: meanOf(done.map(({ history }) => history.reduce((sum, { seconds }) => sum + seconds, 0))),
  };
}

/** Only candidates with as many folds as any other have a rank: means over other folds say other things. */
function ranked(candidates: readonly Measured[]): CandidateResult[] {
  const foldsOf = ({ aucs }: Measured): number => aucs.filter((auc) => auc !== null).length;
  const most = Math.max(0, ...candidates.map(foldsOf));
  const isRanked = (candidate: Measured): boolean => most > 0 && foldsOf(candidate) === most;
  const order = candidates.toSorted((a, b) => foldsOf(b) - foldsOf(a) || (b.auc ?? 0) - (a.auc ?? 0));
  return order.map((candidate, index) => ({
    ...candidate,
    rank: isRanked(candidate) ? index + 1 : null,
    ...(index > 0 && isRanked(candidate) ? distanceTo(order[0] as Measured, candidate) : NO_DISTANCE),
  }));
}

const NO_DISTANCE = { behind: null, behindError: null } as const;

/** Paired by fold: some folds are harder than others for every candidate. */
function distanceTo(first: Measured, candidate: Measured): Pick<CandidateResult, "behind" | "behindError"> {
  const differences = first.aucs.flatMap((auc, fold) => {
    const other = candidate.aucs[fold] ?? null;
    return auc === null || other === null ? [] : [auc - other];
  });
  const spread = standardDeviationOf(differences);
  return {
    behind: meanOf(differences),
    behindError: spread === null ? null : spread / Math.sqrt(differences.length),
  };
}
