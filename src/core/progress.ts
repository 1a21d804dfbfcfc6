/**
 * What long work tells whoever started it. `done` of `total` in the unit that `stage` names; `detail` is a short text
 * such as the loss. The library only reports; the command line and the server decide how to show it.
 */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly detail?: string;
}

export type ReportProgress = (progress: Progress) => void;

/** For callers that do not want to know. */
export const ignoreProgress: ReportProgress = () => {};
