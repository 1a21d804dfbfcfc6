import { type InferenceSession, Tensor } from "onnxruntime-node";
import { serveCalls, Transferred } from "../core/worker-calls.ts";
import { openSession } from "../engine/session.ts";
import { FEATURES_OUTPUT, withFeatures } from "../explanation/pooled-features.ts";

let session: InferenceSession | undefined;

const handlers = {
  /** Opens a model; false where it has no features. */
  open: async (model: Uint8Array): Promise<boolean> => {
    const extended = withFeatures(model);
    if (extended === null) return false;
    session = await openSession(extended, { device: "cpu", threads: 0 });
    return true;
  },

  /** pixels: uint8 [count, 3, side, side] -> features [count, C], row-major */
  features: async ({ pixels, count, side }: { pixels: Uint8Array; count: number; side: number }) => {
    if (session === undefined) throw new Error("Open a model first.");
    const image = new Tensor("uint8", pixels, [count, 3, side, side]);
    const outputs = await session.run({ image }, [FEATURES_OUTPUT]);
    const features = outputs[FEATURES_OUTPUT]?.data as Float32Array<ArrayBuffer>;
    return new Transferred(features, [features.buffer]);
  },
};

export type FeatureHandlers = typeof handlers;

serveCalls(handlers);
