import type { ReportProgress } from "../core/progress.ts";
import type { Dataset } from "../dataset/cell.ts";
import type { SessionOptions } from "../engine/session.ts";
import type { OperatingPointRule } from "../evaluation/operating-point.ts";
import type { CalibrationChoice } from "../evaluation/recalibration-choice.ts";
import type { RunEvaluation } from "./finish.ts";
import type { EpochRecord } from "./history.ts";
import type { TrainingPosition } from "./run-folder.ts";
import type { TrainingSettings } from "./settings.ts";

/** The file that the weights of these settings are in; null where they are drawn. */
export type FileOfWeights = (settings: TrainingSettings) => Promise<string | null>;

export interface TrainingRequest {
  readonly dataset: Dataset;
  readonly settings: TrainingSettings;
  /** Where the run's files go. */
  readonly runFolder: string;
  readonly resume: boolean;
  readonly session: SessionOptions & { readonly blockSize: 0 | 8 | 16 };
  /** Version of this software, for the run and the model. */
  readonly version: string;
  /** How the threshold is chosen on the validation cells. */
  readonly operatingPoint: OperatingPointRule;
  /** How probabilities are fitted to the validation cells; `auto` unless told. */
  readonly calibrate?: CalibrationChoice;
  /** Asked before the first step alone. Absent: the settings name a file. */
  readonly fileOfWeights?: FileOfWeights;
  /** Writes what was drawn for every image of an epoch into `augmentation/epoch-<n>.jsonl` of the run. */
  readonly logAugmentation?: boolean;
  readonly reportProgress: ReportProgress;
  readonly reportEpoch: (history: readonly EpochRecord[]) => Promise<void> | void;
  readonly message: (text: string) => void;
  /** Aborted: stop after the step under way with everything saved. */
  readonly signal: AbortSignal;
}

export interface TrainingOutcome {
  readonly finished: boolean;
  readonly history: readonly EpochRecord[];
  readonly best: TrainingPosition["best"];
  /** Null where the training was stopped before its end. */
  readonly evaluation: RunEvaluation | null;
}
