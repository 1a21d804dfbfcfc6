import { type MicronucleiError, UsageError } from "../core/errors.ts";

/** Status of the answer to a request that failed with a code; others are 400 for a `UsageError`, else 422. */
const STATUS: Readonly<Record<string, number>> = {
  SESSION_REQUIRED: 401,
  LOGIN_REFUSED: 401,
  ROLE_REQUIRED: 403,
  READING_BLINDED: 403,
  CROSS_SITE_REFUSED: 403,
  ADDRESS_UNKNOWN: 404,
  WEB_APPLICATION_MISSING: 404,
  ACCOUNT_UNKNOWN: 404,
  JOB_MISSING: 404,
  STUDY_MISSING: 404,
  SAMPLE_MISSING: 404,
  CELL_MISSING: 404,
  MODEL_NOT_FOUND: 404,
  MODEL_MISSING: 404,
  IMAGE_NOT_FOUND: 404,
  LABEL_CELL_UNKNOWN: 404,
  UPLOAD_MISSING: 404,
  COMPARISON_MISSING: 404,
  MAP_MISSING: 404,
  STUDY_EXISTS: 409,
  ACCOUNT_EXISTS: 409,
  ACCOUNT_LAST_ADMIN: 409,
  ACCOUNTS_OFF: 409,
  LABEL_NOTHING_TO_UNDO: 409,
  LABEL_KEY_TAKEN: 409,
  LABEL_NOT_DRAWN: 409,
  UPLOAD_CONFLICT: 409,
  TRAINING_OBSTACLE: 409,
  REQUEST_TOO_LARGE: 413,
  UPLOAD_TOO_LARGE: 413,
  UPLOAD_NOT_IMAGE: 415,
  HOST_REFUSED: 421,
  LOGIN_TOO_OFTEN: 429,
  ACCOUNTS_UNREADABLE: 500,
  WORKSPACE_BUSY: 503,
  WORKSPACE_UNREADABLE: 503,
  UPLOAD_NOT_WRITTEN: 507,
};

/** HTTP status of the answer to a request that failed in a foreseen way. */
export function statusOf(error: MicronucleiError): number {
  return STATUS[error.code] ?? (error instanceof UsageError ? 400 : 422);
}
