import { parentPort, Worker, workerData } from "node:worker_threads";
import { describeError, MicronucleiError } from "../core/errors.ts";

/*
 * One long piece of work in a thread of its own, so that the server answers at once whatever is computed beside. For work
 * that is called many times there is core/worker-calls.ts.
 */

/** What a work's thread gets from the server. */
export interface ThreadTask<Event> {
  readonly signal: AbortSignal;
  readonly tell: (event: Event) => void;
}

type Message<Event, Result> =
  | { readonly event: Event }
  | { readonly result: Result }
  | { readonly failure: { readonly message: string; readonly code: string | null } };

/**
 * Runs the work of a module (its file's name beside the caller's, without extension) and resolves with its result. The
 * signal is passed on with its reason; the work then ends by itself.
 */
export async function runInThread<Request, Event, Result>(
  module: string,
  caller: string,
  request: Request,
  { signal, onEvent }: { readonly signal: AbortSignal; readonly onEvent: (event: Event) => void },
): Promise<Result> {
  // Sources run as .ts, the built package as .js.
  const extension = caller.endsWith(".ts") ? ".ts" : ".js";
  const worker = new Worker(new URL(`${module}${extension}`, caller), { workerData: request });
  const passOn = () => worker.postMessage({ stop: String(signal.reason) });
  if (signal.aborted) passOn();
  else signal.addEventListener("abort", passOn, { once: true });
  try {
    return await new Promise<Result>((resolve, reject) => {
      worker.on("message", (message: Message<Event, Result>) => {
        if ("event" in message) onEvent(message.event);
        else if ("result" in message) resolve(message.result);
        else reject(asError(message.failure));
      });
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`A thread ended with code ${code} before its work.`)));
    });
  } finally {
    signal.removeEventListener("abort", passOn);
  }
}

function asError(error: { readonly message: string; readonly code: string | null }): Error {
  return error.code === null ? new Error(error.message) : new MicronucleiError(error.code, error.message);
}

/** The thread's side: does the work once, then lets the thread end. */
export async function serveTask<Request, Event, Result>(
  work: (request: Request, task: ThreadTask<Event>) => Promise<Result>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("serveTask belongs in a worker thread.");
  const stop = new AbortController();
  port.on("message", ({ stop: reason }: { stop: string }) => stop.abort(reason));
  const send = (message: Message<Event, Result>) => port.postMessage(message);
  try {
    const task = { signal: stop.signal, tell: (event: Event) => send({ event }) };
    send({ result: await work(workerData as Request, task) });
  } catch (error) {
    send({ failure: { message: describeError(error), code: error instanceof MicronucleiError ? error.code : null } });
  } finally {
    port.close();
  }
}
