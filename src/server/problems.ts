import { basename, resolve } from "node:path";
import type { FastifyError, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { MicronucleiError, UsageError } from "../core/errors.ts";
import type { Problem } from "./api/problem.ts";
import type { ReviewApp } from "./context.ts";
import { statusOf } from "./problem-status.ts";

export interface ProblemSettings {
  /** The workspace's folder: its path is left out of what browsers are told. */
  readonly folder: string;
  /** Told of faults in the program itself, for whoever runs the server. */
  readonly reportFault: (error: unknown) => void;
}

/** Answers every refused or failed request with a `problem`. */
export function answerProblems(app: ReviewApp, settings: ProblemSettings): void {
  app.setErrorHandler<FastifyError>((error, _request, reply) => sendProblem(reply, error, settings));
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(
      reply,
      new UsageError("ADDRESS_UNKNOWN", "There is nothing at this address. /api/docs lists all that there are."),
      settings,
    ),
  );
}

/** Answers with what went wrong: a code of docs/errors.md and its message; of a fault nothing else than that there was one. */
export async function sendProblem(reply: FastifyReply, error: unknown, settings: ProblemSettings): Promise<void> {
  const { failure, status } = failureOf(error);
  if (status >= 500 && failure !== error) settings.reportFault(error);
  const problem: Problem = { code: failure.code, message: withoutFolder(failure.message, settings.folder) };
  await reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(problem));
}

function failureOf(error: unknown): { failure: MicronucleiError; status: number } {
  if (error instanceof MicronucleiError) return { failure: error, status: statusOf(error) };
  if (hasZodFastifySchemaValidationErrors(error)) return { failure: invalidRequest(error), status: 400 };
  const status = (error as Partial<FastifyError>).statusCode ?? 500;
  if (status === 413) return { failure: tooLarge(), status };
  if (status >= 400 && status < 500)
    return { failure: new UsageError("REQUEST_INVALID", (error as Error).message), status };
  const failure = new MicronucleiError(
    "SERVER_FAILED",
    "The server failed at this request; what it was doing was undone. The window of mn review says more. Try again.",
  );
  return { failure, status: 500 };
}

interface Fault {
  readonly instancePath: string;
  readonly message?: string | undefined;
}

function invalidRequest({ validation }: { validation: readonly Fault[] }): UsageError {
  const faults = validation.map(
    ({ instancePath, message }) => `${instancePath.slice(1) || "the request"}: ${message ?? "not as expected"}`,
  );
  return new UsageError("REQUEST_INVALID", `The request is not as /api/docs has it. ${faults.join("; ")}`);
}

function tooLarge(): UsageError {
  return new UsageError("REQUEST_TOO_LARGE", "The request is larger than this address takes. Send less at once.");
}

/** Messages name files with the path that they were found under; who reads them elsewhere needs only the end of it. */
function withoutFolder(message: string, folder: string): string {
  return message.replaceAll(resolve(folder), basename(resolve(folder)));
}
