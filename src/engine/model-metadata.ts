import { z } from "zod";
import { EngineError } from "../core/errors.ts";

const interval = z.tuple([z.number(), z.number()]);

/** Of probabilities on cells that the calibration was not fitted to. */
const calibrationQuality = z.object({ brier: z.number(), log_loss: z.number(), ece: z.number() });

const calibration = z.object({
  method: z.enum(["none", "temperature", "isotonic"]),
  /** Divides the logits where the method is "temperature"; else 1. */
  temperature: z.number().positive(),
  /**
   * Where the method is "isotonic": the difference of the logits becomes another by a strictly rising function, straight
   * between the points (logits[i], calibrated[i]) and of these slopes outside. The probability is its sigmoid.
   */
  curve: z
    .object({
      logits: z.array(z.number()).min(2).readonly(),
      calibrated: z.array(z.number()).min(2).readonly(),
      slopes: z.object({ below: z.number().positive(), above: z.number().positive() }),
    })
    .optional(),
  /** The cells that it was fitted to, in words, and how many; absent in models that were not calibrated. */
  fitted_on: z.string().optional(),
  cells: z.int().optional(),
  positives: z.int().optional(),
  /** By method, cross-validated over groups of these cells; "none" is how probabilities were before. */
  measured: z
    .object({ none: calibrationQuality, temperature: calibrationQuality, isotonic: calibrationQuality })
    .partial()
    .optional(),
});

const schema = z.object({
  /** Version of the software that wrote the model. */
  version: z.string(),
  network: z.looseObject({ name: z.string() }),
  classes: z.tuple([z.string(), z.string()]),
  positive_class: z.string(),
  /** Cells with at least this probability are called positive. */
  operating_point: z.object({ threshold: z.number(), rule: z.string(), chosen_on: z.string() }),
  /** How logits became the output `probability`. */
  calibration,
  /** The output `unfamiliarity`: above the threshold an image is not of the kind that the model knows. */
  unfamiliarity: z
    .object({
      threshold: z.number().positive(),
      /** Share of the cells that chose the threshold which lie below it. */
      quantile: z.number(),
      /** In words: the cells whose statistics were taken, and those that chose the threshold. */
      fitted_on: z.string(),
      chosen_on: z.string(),
    })
    .optional(),
  /** What the model was trained on and how; free text and numbers for the model card. */
  training: z.record(z.string(), z.unknown()),
  /** SHA-256 over the training data's content hashes and labels. */
  data_hash: z.string(),
  licences: z.array(z.string()),
  metrics: z.record(z.string(), z.union([z.number(), interval, z.null()])),
});

/** What a model file says of itself, in its ONNX `metadata_props`. */
export type ModelMetadata = z.infer<typeof schema>;

const PREFIX = "micronuclei.";

/** Metadata as ONNX properties: one JSON value for each key. */
export function encodeModelMetadata(metadata: ModelMetadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`${PREFIX}${key}`, JSON.stringify(value)]));
}

/** The metadata of a model of ours. Throws MODEL_METADATA where it is absent or not of this form. */
export function decodeModelMetadata(properties: Readonly<Record<string, string>>): ModelMetadata {
  const checked = parseMetadata(properties);
  if (checked.success) return checked.data;
  throw new EngineError(
    "MODEL_METADATA",
    `This ONNX file is not a model of micronuclei: ${z.prettifyError(checked.error)}. ` +
      `Expected a file that "mn train" or "mn weights import" wrote.`,
  );
}

/** The same, or null for files that may be a model of ours or anything else. */
export function findModelMetadata(properties: Readonly<Record<string, string>>): ModelMetadata | null {
  return parseMetadata(properties).data ?? null;
}

function parseMetadata(properties: Readonly<Record<string, string>>) {
  const entries = Object.entries(properties)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => [key.slice(PREFIX.length), parseJson(value)]);
  return schema.safeParse(Object.fromEntries(entries));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
