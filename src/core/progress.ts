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

/** The mean speed of a count since its first report; a resumed count begins above 0. Times in milliseconds of one clock. */
export class Pace {
  readonly doneBefore: number;
  readonly #since: number;

  constructor({ done }: Pick<Progress, "done">, now: number) {
    this.doneBefore = done;
    this.#since = now;
  }

  elapsed(now: number): number {
    return now - this.#since;
  }

  /** Milliseconds that the rest takes if it goes on like this; null while nothing has been done since the first report. */
  left({ done, total }: Pick<Progress, "done" | "total">, now: number): number | null {
    const doneSince = done - this.doneBefore;
    return doneSince <= 0 ? null : (this.elapsed(now) * (total - done)) / doneSince;
  }
}
