import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { KEEP_FREED_MEMORY } from "../src/cli/memory-allocator.ts";

/**
 * A process that says one line of JSON when it is ready, and then answers each line of JSON with one. It ends when
 * nothing more can be asked.
 */
export class MeasuringProcess<Request, Answer> {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<void>;
  readonly #name: string;

  private constructor(name: string, command: string, args: readonly string[], settings: NodeJS.ProcessEnv = {}) {
    this.#name = name;
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...settings, ...process.env } });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    child.once("error", (error) => console.error(error.message));
    // A process that has ended shows in what is read from it.
    child.stdin.on("error", () => {});
  }

  /** Node on a file beside this one, with the allocator as a training has it unless the environment sets another. */
  static node<Request, Answer>(file: string, args: readonly string[]): MeasuringProcess<Request, Answer> {
    const nodeArgs = [...process.execArgv, beside(file), ...args];
    return new MeasuringProcess("The measured process", process.execPath, nodeArgs, KEEP_FREED_MEMORY);
  }

  /** Debian's interpreter, which its python3-torch belongs to, whatever else is on the path. */
  static python<Request, Answer>(file: string, args: readonly string[] = []): MeasuringProcess<Request, Answer> {
    return new MeasuringProcess("PyTorch (apt-get install python3-torch python3-torchvision)", "/usr/bin/python3", [
      "-B",
      beside(file),
      ...args,
    ]);
  }

  /** What it says when it is ready. */
  async ready<Ready>(): Promise<Ready> {
    return (await this.#next()) as Ready;
  }

  async ask(request: Request): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return (await this.#next()) as Answer;
  }

  /** Resolves when the process has ended and its memory is free. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }

  async #next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended before its answer; what it wrote is above.`);
    return JSON.parse(value);
  }
}

/** What a PyTorch side says first. */
export interface PytorchReady {
  readonly version: string;
  readonly threads: number;
}

/**
 * Threads that PyTorch is told to take; 0 asks for every core, as it does of ONNX Runtime. Left to itself PyTorch takes as
 * many as it finds cores, and on a virtual machine of two it may find one.
 */
export function pytorchThreads(threads: number): number {
  return threads > 0 ? threads : availableParallelism();
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
