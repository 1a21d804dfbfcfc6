import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { Pace, type Progress, type ReportProgress } from "../core/progress.ts";

/** Where a command speaks: results on standard output, everything else on standard error. */
export interface Console {
  readonly json: boolean;
  readonly quiet: boolean;
  /** A part of the result for a reader; left out with --json. */
  print(text: string): void;
  /** What happens on the way; on standard error, left out with --quiet. */
  message(text: string): void;
  /** The result, once a command: `value` as one JSON document with --json, else `human`. */
  result(value: unknown, human: string): void;
  /** A bar on a terminal, lines elsewhere, for any stage that lasts longer than two seconds; none with --quiet. */
  readonly progress: ReportProgress;
  /** Takes an unfinished bar off the screen; for the program's end. */
  endProgress(): void;
}

/** A stream, and whether it is a terminal. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export type ConsoleSettings = {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly output: Output;
  readonly errors: Output;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
};

const consoles = new WeakMap<Command, Console>();

/** The console of a running command, after its --json and --quiet; one and the same for the whole program. */
export function consoleOf(command: Command): Console {
  const program = rootOf(command);
  const known = consoles.get(program);
  if (known) return known;
  const { json, quiet } = command.optsWithGlobals<{ json?: boolean; quiet?: boolean }>();
  const created = createConsole({
    json: json ?? false,
    quiet: quiet ?? false,
    output: process.stdout,
    errors: process.stderr,
    now: () => performance.now(),
  });
  consoles.set(program, created);
  return created;
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

export function createConsole({ json, quiet, output, errors, now }: ConsoleSettings): Console {
  const display = errors.isTTY ? new ProgressBar(errors, now) : new ProgressLines(errors, now);
  const print = (text: string): void => {
    display.interrupt();
    output.write(`${text}\n`);
  };
  return {
    json,
    quiet,
    print: (text) => {
      if (!json) print(text);
    },
    message: (text) => {
      if (quiet) return;
      display.interrupt();
      errors.write(`${text}\n`);
    },
    result: (value, human) => print(json ? JSON.stringify(value, null, 2) : human),
    progress: (progress) => {
      if (!quiet) display.report(progress);
    },
    endProgress: () => display.interrupt(),
  };
}

const SILENT_MILLISECONDS = 2_000;
const MILLISECONDS_BETWEEN_LINES = 10_000;

/** The stage under way, from its first report to its last. */
class Stage {
  #name: string | undefined;
  #pace: Pace | undefined;

  isNew({ stage }: Progress): boolean {
    return stage !== this.#name;
  }

  /** Since the first report of this report's stage. */
  pace(progress: Progress, now: number): Pace {
    if (this.#pace === undefined || this.isNew(progress)) {
      this.#name = progress.stage;
      this.#pace = new Pace(progress, now);
    }
    return this.#pace;
  }

  end(): void {
    this.#name = undefined;
  }
}

/** A moving bar at the bottom of a terminal. */
class ProgressBar {
  readonly #errors: Output;
  readonly #now: () => number;
  readonly #stage = new Stage();
  #bar: SingleBar | undefined;

  constructor(errors: Output, now: () => number) {
    this.#errors = errors;
    this.#now = now;
  }

  report(progress: Progress): void {
    if (this.#stage.isNew(progress)) this.interrupt();
    const now = this.#now();
    const pace = this.#stage.pace(progress, now);
    const finished = progress.done >= progress.total;
    const isDue = pace.elapsed(now) >= SILENT_MILLISECONDS;
    if (isDue && !(finished && !this.#bar)) this.#draw(progress, remarkOf(progress, pace, now));
    if (!finished) return;
    this.interrupt();
    this.#stage.end();
  }

  /** Takes the bar away, so that a line can be written; the next report draws it again. */
  interrupt(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw({ stage, done, total }: Progress, more: string): void {
    const payload = { stage, more };
    if (this.#bar) {
      this.#bar.setTotal(total);
      this.#bar.update(done, payload);
      return;
    }
    this.#bar = new SingleBar({
      stream: this.#errors,
      format: "{stage} [{bar}] {value}/{total}{more}",
      barCompleteChar: "=",
      barIncompleteChar: "-",
      barsize: 24,
      clearOnComplete: true,
      gracefulExit: false,
    });
    this.#bar.start(total, done, payload);
  }
}

/** A line now and then, for log files and pipes. */
class ProgressLines {
  readonly #errors: Output;
  readonly #now: () => number;
  readonly #stage = new Stage();
  #lastLine: number | undefined;

  constructor(errors: Output, now: () => number) {
    this.#errors = errors;
    this.#now = now;
  }

  report(progress: Progress): void {
    if (this.#stage.isNew(progress)) this.#lastLine = undefined;
    const now = this.#now();
    const pace = this.#stage.pace(progress, now);
    const finished = progress.done >= progress.total;
    if (this.#isDue(now, pace.elapsed(now)) || (finished && this.#lastLine !== undefined)) {
      this.#lastLine = now;
      const { stage, done, total } = progress;
      this.#errors.write(`${stage}: ${done} of ${total}${remarkOf(progress, pace, now)}\n`);
    }
    if (finished) this.#stage.end();
  }

  interrupt(): void {}

  #isDue(now: number, elapsed: number): boolean {
    if (this.#lastLine === undefined) return elapsed >= SILENT_MILLISECONDS;
    return now - this.#lastLine >= MILLISECONDS_BETWEEN_LINES;
  }
}

/** "loss 0.25, 3 min 20 s left", with a comma before each; no time before anything is done. */
function remarkOf(progress: Progress, pace: Pace, now: number): string {
  return [progress.detail, timeOf(progress, pace, now)].map((part) => (part ? `, ${part}` : "")).join("");
}

function timeOf(progress: Progress, pace: Pace, now: number): string {
  if (progress.done >= progress.total) return `in ${formatDuration(pace.elapsed(now))}`;
  const left = pace.left(progress, now);
  return left === null ? "" : `${formatDuration(left)} left`;
}

/** "8 s", "3 min 20 s", "2 h 05 min". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Rows of cells as aligned columns; the first row holds the headings. Columns of numbers align to the right. */
export function formatTable(rows: readonly (readonly (string | number)[])[]): string {
  const [headings = [], ...body] = rows.map((row) => row.map(String));
  const columns = headings.map((heading, column) => {
    const cells = body.map((row) => row[column] ?? "");
    return {
      width: Math.max(heading.length, ...cells.map((cell) => cell.length)),
      numeric: cells.length > 0 && cells.every((cell) => cell === "" || NUMBER.test(cell)),
    };
  });
  const line = (row: readonly string[]): string =>
    columns
      .map(({ width, numeric }, column) =>
        numeric ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width),
      )
      .join("  ")
      .trimEnd();
  const rule = columns.map(({ width }) => "-".repeat(width)).join("  ");
  return [line(headings), rule, ...body.map(line)].join("\n");
}

const NUMBER = /^[-+]?[\d,]*\.?\d+(e[-+]?\d+)?\s?%?$/i;
