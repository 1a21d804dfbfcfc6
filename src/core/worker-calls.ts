import { parentPort, type Transferable, Worker } from "node:worker_threads";
import { MicronucleiError } from "./errors.ts";

/** The functions that a worker offers: one argument and one result each, both cloneable between threads. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

type ArgumentOf<Handler> = Handler extends (argument: infer Argument) => unknown ? Argument : never;
type ResultOf<Handler> = Handler extends (argument: never) => infer Result ? Awaited<Result> : never;

/** What a handler returns when some of its memory shall move instead of being copied. */
export class Transferred<Result> {
  readonly result: Result;
  readonly transfer: readonly Transferable[];

  constructor(result: Result, transfer: readonly Transferable[]) {
    this.result = result;
    this.transfer = transfer;
  }
}

type Unwrapped<Result> = Result extends Transferred<infer Inner> ? Inner : Result;

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Copying an error between threads keeps its message and loses its code, so the code travels beside it. */
type Answer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: unknown; readonly code: string | null }
);

/**
 * A worker thread whose functions are called like any others. Calls are answered in the order in which they were made.
 * When the thread dies, calls under way and later ones fail with its error.
 */
export class WorkerThread<Offered extends Handlers> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  readonly #underWay = new Set<Promise<unknown>>();
  #nextId = 0;
  #failure: unknown;

  /** `module`: the worker's file next to the caller's, without extension, and the caller's `import.meta.url`. */
  constructor(module: string, caller: string) {
    // Sources run as .ts, the built package as .js.
    const extension = caller.endsWith(".ts") ? ".ts" : ".js";
    this.#worker = new Worker(new URL(`${module}${extension}`, caller));
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`A worker thread ended with code ${code}.`)));
  }

  async call<Name extends keyof Offered & string>(
    name: Name,
    argument: ArgumentOf<Offered[Name]>,
    transfer: readonly Transferable[] = [],
  ): Promise<Unwrapped<ResultOf<Offered[Name]>>> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId++;
    const answered = new Promise<Unwrapped<ResultOf<Offered[Name]>>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#underWay.add(answered);
    const forget = () => this.#underWay.delete(answered);
    answered.then(forget, forget);
    this.#worker.postMessage({ id, name, argument } satisfies Request, [...transfer]);
    return answered;
  }

  /** Ends the thread once the calls under way are answered; ended in the middle of native code, it takes the program along. */
  async close(): Promise<void> {
    this.#failure ??= new Error("This worker thread was closed.");
    await Promise.allSettled(this.#underWay);
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(withCode(answer.error, answer.code));
    else waiting?.resolve(answer.result as never);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

function withCode(error: unknown, code: string | null): unknown {
  return code === null
    ? error
    : new MicronucleiError(code, (error as Error).message, { cause: (error as Error).cause });
}

/** The worker's side: answers calls with the given functions, one after the other. */
export function serveCalls(handlers: Handlers): void {
  const port = parentPort;
  if (port === null) throw new Error("serveCalls belongs in a worker thread.");
  let last: Promise<void> = Promise.resolve();
  port.on("message", ({ id, name, argument }: Request) => {
    last = last.then(async () => {
      try {
        const result = await (handlers[name] as (argument: unknown) => unknown)(argument);
        if (result instanceof Transferred) port.postMessage({ id, result: result.result }, [...result.transfer]);
        else port.postMessage({ id, result });
      } catch (error) {
        port.postMessage({ id, error, code: error instanceof MicronucleiError ? error.code : null });
      }
    });
  });
}
