import { InferenceSession } from "onnxruntime-node";
import { describeError, EngineError } from "../core/errors.ts";
import { defaultThreads } from "./threads.ts";

export type Device = "cpu" | "cuda" | "webgpu" | "coreml" | "dml";

export interface SessionOptions {
  readonly device: Device;
  /** Threads of the CPU kernels; 0 takes every core (threads.ts). */
  readonly threads: number;
}

/** An ONNX graph: its bytes, or the path of its file, which then need not be in memory twice. */
export type Model = Uint8Array | string;

/** Opens an ONNX graph for running. Throws SESSION_FAILED with the runtime's own words. */
export async function openSession(model: Model, options: SessionOptions): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model as string, {
      executionProviders: options.device === "cpu" ? ["cpu"] : [options.device, "cpu"],
      intraOpNumThreads: options.threads === 0 ? defaultThreads() : options.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // One block planned for the whole graph takes a third more memory than blocks as they are needed, at the same speed.
      enableMemPattern: false,
      enableCpuMemArena: true,
      // Numbers below 1e-38 appear in vanishing gradients and cost a hundred times as much to multiply.
      extra: { session: { set_denormal_as_zero: "1" } },
      logSeverityLevel: 3,
    });
  } catch (error) {
    const what = typeof model === "string" ? model : `this graph of ${model.length} bytes`;
    throw new EngineError(
      "SESSION_FAILED",
      `ONNX Runtime cannot open ${what} on the device "${options.device}": ${describeError(error)}. Try --device cpu.`,
      { cause: error },
    );
  }
}
