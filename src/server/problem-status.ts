import { type MicronucleiError, UsageError } from "../core/errors.ts";

/** Status of the answer to a request that failed with a code; others are 400 for a `UsageError`, else 422. */
const STATUS: Readonly<Record<string, number>> = {
  READER_UNNAMED: 400,
  ROLE_REQUIRED: 403,
};

/** HTTP status of the answer to a request that failed in a foreseen way. */
export function statusOf(error: MicronucleiError): number {
  return STATUS[error.code] ?? (error instanceof UsageError ? 400 : 422);
}
