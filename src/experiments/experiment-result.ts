import type { ClassCounts, PaperTableRow } from "../dataset/balance.ts";
import type { Confusion } from "../evaluation/confusion.ts";
import type { Interval } from "../evaluation/intervals.ts";
import type { PairedComparison } from "./compare-runs.ts";
import type { MapLocalisation, RandomisationCheck } from "./explain-runs.ts";
import type { NetworkCost } from "./network-cost.ts";

export const HEADLINE_METRICS = ["auc", "ap", "f1", "sensitivity", "specificity"] as const;
export type HeadlineMetric = (typeof HEADLINE_METRICS)[number];

/** A metric, or a difference of two entries in it, over seeds. */
export interface OverSeeds {
  readonly mean: number | null;
  /** Standard deviation over the seeds; null for one seed. */
  readonly standardDeviation: number | null;
  /** Of the mean: 95 % bootstrap over fields of the test cells, where they are known. */
  readonly mean_ci95: Interval | null;
}

/** What one training did. */
export interface RunSummary {
  readonly seed: number;
  /** Name of its run folder. */
  readonly folder: string;
  readonly epochs: number;
  readonly keptEpoch: number;
  readonly validationAuc: number;
  /** From random weights, and over before the learning rate fell: how far that leads, not what the network can do. */
  readonly endedEarly: boolean;
  readonly threshold: number;
  readonly test: Readonly<Record<HeadlineMetric, number | null>>;
  readonly confusion: Confusion;
  /** Median over epochs. */
  readonly secondsPerEpoch: number;
  readonly trainingSeconds: number;
}

/** The cells of one value of the column `group`. */
export interface GroupResult extends ClassCounts {
  readonly group: string;
  readonly auc: number | null;
  readonly ap: number | null;
  readonly f1: number | null;
}

/** An entry against another, with p values adjusted over all such comparisons. */
export interface EntryComparison extends PairedComparison {
  /** Name of the other entry. */
  readonly comparedWith: string;
  readonly delongHolmP: number;
  readonly mcnemarHolmP: number;
}

/** One row of the paper's table 6, with what it rests on. */
export interface EntryResult extends NetworkCost {
  readonly name: string;
  readonly network: string;
  readonly note: string | null;
  readonly side: number;
  /** Name of the file of weights that it started from; null: random ones. */
  readonly startedFrom: string | null;
  readonly runs: readonly RunSummary[];
  readonly metrics: Readonly<Record<HeadlineMetric, OverSeeds>>;
  readonly inferenceMilliseconds: number;
  readonly modelMegabytes: number;
  /** Against the proposed entry or the one that it names; null for the proposed one, and while the other is not trained. */
  readonly comparison: EntryComparison | null;
  readonly groups: readonly GroupResult[];
  readonly localisation: MapLocalisation;
}

/** Everything that an experiment found: what `experiment.json` holds. Plain data, no NaN; what is undefined is null. */
export interface ExperimentResult {
  readonly title: string;
  readonly data: {
    /** Name of the manifest or folder; the hash says what was in it. */
    readonly source: string;
    readonly hash: string;
    readonly classes: readonly string[];
    readonly testCells: number;
    readonly testPositives: number;
    readonly testFields: number | null;
  };
  /** Tables 1 and 2: numbers of images. */
  readonly numbersOfImages: { readonly tad: readonly PaperTableRow[]; readonly tvad: readonly PaperTableRow[] };
  readonly proposed: string;
  readonly tad: string | null;
  readonly entries: readonly EntryResult[];
  readonly randomised: RandomisationCheck | null;
  readonly failed: readonly {
    readonly entry: string;
    readonly seed: number;
    readonly code: string;
    readonly message: string;
  }[];
  /** Trainings not finished yet. */
  readonly left: readonly { readonly entry: string; readonly seed: number }[];
  readonly resamples: number;
  readonly version: string;
  readonly device: string;
}
