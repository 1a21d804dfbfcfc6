import { type InferenceSession, Tensor } from "onnxruntime-node";
import { EngineError } from "../core/errors.ts";
import { type Model, openSession, type SessionOptions } from "./session.ts";

/** One attention map of one cell: row-major, values in (0, 1). */
export interface AttentionMap {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** The model's output of the evidence, a map as the attention's but with values of any sign and size. */
const EVIDENCE_OUTPUT = "evidence";
const UNFAMILIARITY_OUTPUT = "unfamiliarity";

/** What a model says of a batch of cells, in their order. */
export interface Classification {
  /** Probability of the positive class. */
  readonly probabilities: Float32Array;
  /** Two a cell: negative, positive class. */
  readonly logits: Float32Array;
  /** By the name of the output, such as `attention_6`, one map a cell; empty where not asked for. */
  readonly attention: Readonly<Record<string, readonly AttentionMap[]>>;
  /** Share of each place in the difference of the logits, one map a cell; null where not asked for or not there. */
  readonly evidence: readonly AttentionMap[] | null;
  /** How unlike the training cells each image is, about 1 for these; null where the model does not say. */
  readonly unfamiliarity: Float32Array | null;
}

/** A model file ready to classify cells. */
export class ClassifierSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(model: Model, options: SessionOptions): Promise<ClassifierSession> {
    return new ClassifierSession(await openSession(model, options));
  }

  get attentionNames(): string[] {
    return this.#session.outputNames.filter((name) => name.startsWith("attention_"));
  }

  /** Height and width of the model's input, pixels. Throws MODEL_UNREADABLE unless its first input is [N, 3, side, side]. */
  get side(): number {
    const [input] = this.#session.inputMetadata;
    const shape = input?.isTensor ? input.shape : [];
    const [, channels, height, width] = shape;
    if (channels === 3 && typeof height === "number" && height > 0 && height === width) return height;
    throw new EngineError(
      "MODEL_UNREADABLE",
      `The model's input "${input?.name}" has the shape [${shape.join(", ")}]. Expected colour images of one square ` +
        `size, [N, 3, side, side], as "mn train" writes them.`,
    );
  }

  /** `pixels`: uint8 [count, 3, side, side], red, green and blue planes. */
  async classify(
    pixels: Uint8Array,
    count: number,
    side: number,
    options: { readonly attention: boolean },
  ): Promise<Classification> {
    const names = options.attention ? this.attentionNames : [];
    const image = new Tensor("uint8", pixels, [count, 3, side, side]);
    const hasEvidence = options.attention && this.#session.outputNames.includes(EVIDENCE_OUTPUT);
    const maps = [...names, ...(hasEvidence ? [EVIDENCE_OUTPUT] : [])];
    const numbers = this.#session.outputNames.filter((name) => name === UNFAMILIARITY_OUTPUT);
    const outputs = await this.#session.run({ image }, ["logits", "probability", ...numbers, ...maps]);
    const attention = names.map((name) => [name, splitMaps(outputs[name] as Tensor)] as const);
    return {
      probabilities: outputs.probability?.data as Float32Array,
      logits: outputs.logits?.data as Float32Array,
      attention: Object.fromEntries(attention),
      evidence: hasEvidence ? splitMaps(outputs[EVIDENCE_OUTPUT] as Tensor) : null,
      unfamiliarity: (outputs[UNFAMILIARITY_OUTPUT]?.data as Float32Array | undefined) ?? null,
    };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** [N, 1, h, w] -> N maps that share its memory. */
function splitMaps(tensor: Tensor): AttentionMap[] {
  const [count, , height, width] = tensor.dims as [number, number, number, number];
  const data = tensor.data as Float32Array;
  const area = height * width;
  return Array.from({ length: count }, (_, index) => ({
    height,
    width,
    data: data.subarray(index * area, (index + 1) * area),
  }));
}
