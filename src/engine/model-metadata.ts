import { z } from "zod";
import { EngineError } from "../core/errors.ts";

const interval = z.tuple([z.number(), z.number()]);

const schema = z.object({
  /** Version of the software that wrote the model. */
  version: z.string(),
  network: z.looseObject({ name: z.string() }),
  classes: z.tuple([z.string(), z.string()]),
  positive_class: z.string(),
  /** Cells with at least this probability are called positive. */
  operating_point: z.object({ threshold: z.number(), rule: z.string(), chosen_on: z.string() }),
  /** How logits became the output `probability`. */
  calibration: z.object({ method: z.enum(["none", "temperature"]), temperature: z.number().positive() }),
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
  const entries = Object.entries(properties)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => [key.slice(PREFIX.length), parseJson(value)]);
  const checked = schema.safeParse(Object.fromEntries(entries));
  if (checked.success) return checked.data;
  throw new EngineError(
    "MODEL_METADATA",
    `This ONNX file is not a model of micronuclei: ${z.prettifyError(checked.error)}. ` +
      `Expected a file that "mn train" or "mn weights import" wrote.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
