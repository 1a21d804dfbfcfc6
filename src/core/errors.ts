/**
 * Base of every error that a user can cause or meet. `code` is stable, listed in docs/errors.md, and may be relied
 * upon by scripts; `message` says what happened, where, what was found, what was expected and what to do next.
 * A programmer's mistake is a plain `Error` instead.
 */
export class MicronucleiError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An image file that cannot be read, or must not be. */
export class ImageError extends MicronucleiError {}

/** A manifest, a label, a split or a folder of cells that cannot be used as asked. */
export class DatasetError extends MicronucleiError {}

/** A graph, a device or an ONNX Runtime session that cannot do what was asked. */
export class EngineError extends MicronucleiError {}

/** A file of weights or a model file that cannot be used. */
export class WeightsError extends MicronucleiError {}

/** A training that cannot start or go on. */
export class TrainingError extends MicronucleiError {}

/** A measurement that is undefined for the given scores. */
export class EvaluationError extends MicronucleiError {}

/** Counts, doses or designs from which no assay statistic can be computed. */
export class AssayError extends MicronucleiError {}

/** A command line, a settings file or an address that asks for something impossible. */
export class UsageError extends MicronucleiError {}

/** The text of anything thrown, for messages and result rows. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
