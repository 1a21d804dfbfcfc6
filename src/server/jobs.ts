import { randomUUID } from "node:crypto";
import { describeError, MicronucleiError } from "../core/errors.ts";
import { Pace, type Progress, type ReportProgress } from "../core/progress.ts";
import type { Job, JobKind } from "./api/jobs.ts";
import { withoutFolders } from "./without-folders.ts";

/** Why a job's signal was aborted: a person stopped it, or the server ends and the job may go on after its restart. */
export type StopReason = "stopped" | "closing";

/** What a job's work gets. */
export interface JobTask {
  /** Aborted with a `StopReason`: end soon, with everything saved. */
  readonly signal: AbortSignal;
  readonly reportProgress: ReportProgress;
  /** What is known of the job beside its progress. */
  readonly note: (part: Partial<Pick<Job, "unreadable" | "epochs">>) => void;
}

/** What came of a job's work; `finished` is false where its signal ended it before. */
export interface JobResult {
  readonly finished: boolean;
  readonly modelId?: string;
  readonly comparisonId?: string;
}

export interface NewJob extends Pick<Job, "title" | "studyId" | "startedBy"> {
  readonly kind: JobKind;
  readonly run: (task: JobTask) => Promise<JobResult>;
  /** Called once after the job has ended for good: not where the server closes, since it may then be taken up again. */
  readonly settled?: () => Promise<void>;
}

export interface JobsOptions {
  readonly publish: (job: Job) => void;
  readonly now: () => Date;
}

/** Told to the windows at most so often, milliseconds. */
const BETWEEN_PUBLICATIONS = 200;
/** Ended jobs that are remembered. */
const MOST_ENDED = 50;
/** Milliseconds of work before its speed says something of the time left. */
const BEFORE_ESTIMATE = 1_000;

/** A job with what only the queue knows of it. */
interface QueuedJob {
  job: Job;
  readonly request: NewJob;
  readonly stop: AbortController;
  /** The present count: up to what, and its pace since it began. */
  count: { readonly total: number; readonly pace: Pace } | null;
}

/** Work that takes long, one at a time in the order in which it was asked for. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, QueuedJob>();
  /** Jobs with news that the windows have not been told, and when they will be. */
  readonly #unpublished = new Map<string, NodeJS.Timeout>();
  readonly #publishedAt = new Map<string, number>();
  #underWay: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse();
  }

  /** Throws JOB_MISSING. */
  find(id: string): Job {
    return this.#find(id).job;
  }

  /** The job that runs or waits for this study, the running one first. */
  workingOn(studyId: number): Job | null {
    const alive = [...this.#jobs.values()]
      .map(({ job }) => job)
      .filter((job) => job.studyId === studyId && isAlive(job));
    return alive.find(({ state }) => state === "running") ?? alive[0] ?? null;
  }

  add(request: NewJob): Job {
    const job: Job = {
      id: randomUUID(),
      kind: request.kind,
      title: request.title,
      studyId: request.studyId,
      state: "waiting",
      stage: "Waiting",
      done: 0,
      total: 0,
      detail: "",
      secondsLeft: null,
      startedAt: null,
      endedAt: null,
      startedBy: request.startedBy,
      unreadable: 0,
      failure: null,
      epochs: [],
      modelId: null,
      comparisonId: null,
    };
    const queued: QueuedJob = { job, request, stop: new AbortController(), count: null };
    this.#jobs.set(job.id, queued);
    this.#publish(queued);
    this.#underWay = this.#underWay.then(() => this.#run(queued));
    return job;
  }

  /** Ends a job that waits or runs, after what it is doing; does nothing to one that has ended. Throws JOB_MISSING. */
  stop(id: string): Job {
    const queued = this.#find(id);
    if (isAlive(queued.job)) queued.stop.abort("stopped" satisfies StopReason);
    if (queued.job.state === "waiting") {
      const ended = this.#end(queued, STOPPED);
      this.#underWay = this.#underWay.then(() => ended);
    }
    return queued.job;
  }

  /** Breaks off everything and waits until it has saved what it did. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { stop } of this.#jobs.values()) stop.abort("closing" satisfies StopReason);
    await this.#underWay;
    for (const timer of this.#unpublished.values()) clearTimeout(timer);
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    for (let seen = null as Promise<void> | null; seen !== this.#underWay; ) {
      seen = this.#underWay;
      await seen;
    }
  }

  #find(id: string): QueuedJob {
    const queued = this.#jobs.get(id);
    if (queued !== undefined) return queued;
    throw new MicronucleiError(
      "JOB_MISSING",
      `There is no job "${id}": it ended long ago, or the server was restarted.`,
    );
  }

  async #run(queued: QueuedJob): Promise<void> {
    const { request, stop } = queued;
    if (stop.signal.aborted) return;
    this.#update(queued, { state: "running", stage: "Starting", startedAt: this.#time() });
    try {
      const {
        finished,
        modelId = null,
        comparisonId = null,
      } = await request.run({
        signal: stop.signal,
        reportProgress: (progress) => this.#progress(queued, progress),
        note: (part) => this.#update(queued, part, "soon"),
      });
      const outcome = finished ? FINISHED : STOPPED;
      await this.#end(queued, { ...outcome, modelId, comparisonId });
    } catch (error) {
      const code = error instanceof MicronucleiError ? error.code : "UNEXPECTED";
      await this.#end(queued, {
        state: "failed",
        stage: "Failed",
        failure: { code, message: withoutFolders(describeError(error)) },
      });
    }
  }

  async #end(queued: QueuedJob, outcome: Partial<Job>): Promise<void> {
    this.#update(queued, { ...outcome, secondsLeft: null, endedAt: this.#time() });
    const leftForLater = this.#closing && outcome.state === "stopped";
    // A job that could not be settled is taken up again after a restart and then finds nothing left to do.
    if (!leftForLater) await queued.request.settled?.().catch(() => {});
    const ended = [...this.#jobs.values()].filter(({ job }) => !isAlive(job));
    for (const { job } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#forget(job.id);
  }

  #forget(id: string): void {
    this.#jobs.delete(id);
    this.#publishedAt.delete(id);
  }

  #progress(queued: QueuedJob, progress: Progress): void {
    const { stage, done, total, detail = "" } = progress;
    const now = performance.now();
    const { count } = queued;
    const goesOn = count !== null && count.total === total && done >= count.pace.doneBefore;
    const pace = goesOn ? count.pace : new Pace(progress, now);
    queued.count = { total, pace };
    const left = pace.elapsed(now) < BEFORE_ESTIMATE ? null : pace.left(progress, now);
    const secondsLeft = left === null ? null : left / 1000;
    this.#update(queued, { stage, done, total, detail, secondsLeft }, "soon");
  }

  #update(queued: QueuedJob, part: Partial<Job>, when: "now" | "soon" = "now"): void {
    queued.job = { ...queued.job, ...part };
    if (when === "now") this.#publish(queued);
    else this.#publishSoon(queued);
  }

  #publishSoon(queued: QueuedJob): void {
    const { id } = queued.job;
    if (this.#unpublished.has(id)) return;
    const wait = BETWEEN_PUBLICATIONS - (performance.now() - (this.#publishedAt.get(id) ?? 0));
    if (wait <= 0) this.#publish(queued);
    else this.#unpublished.set(id, setTimeout(() => this.#publish(queued), wait).unref());
  }

  #publish({ job }: QueuedJob): void {
    clearTimeout(this.#unpublished.get(job.id));
    this.#unpublished.delete(job.id);
    this.#publishedAt.set(job.id, performance.now());
    this.#options.publish(job);
  }

  #time(): string {
    return this.#options.now().toISOString();
  }
}

const FINISHED = { state: "finished", stage: "Finished" } as const;
const STOPPED = { state: "stopped", stage: "Stopped" } as const;

function isAlive({ state }: Job): boolean {
  return state === "waiting" || state === "running";
}
