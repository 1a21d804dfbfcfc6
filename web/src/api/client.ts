import type { Problem } from "../../../src/server/api/problem.ts";
import { noteAnswer, noteSilence } from "./connection.ts";
import { currentReader } from "./reader.ts";

/** The server refused or failed: `code` is one of docs/errors.md, `message` says what to do. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** No answer came: the server is not running or not reachable. Sending again later may succeed. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

export type Method = "GET" | "POST" | "PUT" | "PATCH";

interface RequestOptions {
  /** Sent as JSON, or as it is where it is a Blob. */
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Reads `/api/` + `path`. Errors: ApiFailure, NoAnswer, and an AbortError where `signal` stopped it. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", path, { signal });
}

/** Sends `body` to `/api/` + `path` and answers the parsed answer, undefined for 204. Errors as `get`. */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const { body, signal } = options;
  const response = await answerTo(path, {
    method,
    headers: requestHeaders(body),
    ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await failureOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The response to a request, whatever its status; tells the connection's state. Errors: NoAnswer, AbortError. */
export async function answerTo(path: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(`/api/${path}`, { credentials: "same-origin", ...init });
    // A proxy in front of a stopped server answers for it.
    if (response.status === 502 || response.status === 504) throw new NoAnswer("The server does not answer.");
    noteAnswer();
    return response;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    noteSilence();
    throw new NoAnswer("The server does not answer.", { cause: error });
  }
}

/** Headers of every request: who asks (percent-encoded UTF-8), and what is sent. */
export function requestHeaders(body?: unknown): Record<string, string> {
  const reader = currentReader();
  return {
    ...(reader === null ? {} : { "x-reader": encodeURIComponent(reader) }),
    ...(body === undefined
      ? {}
      : { "content-type": body instanceof Blob ? "application/octet-stream" : "application/json" }),
  };
}

/** What a refused request says, also where it was refused by something that does not speak of problems. */
async function failureOf(response: Response): Promise<ApiFailure> {
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  return new ApiFailure(
    problem.code ?? `HTTP_${response.status}`,
    problem.message ?? `The server answered ${response.status} ${response.statusText}.`,
    response.status,
  );
}

/** A failure in words for the person at the screen. */
export function failureText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
