import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { listSupportedBackends } from "onnxruntime-node";
import { describeError } from "../core/errors.ts";
import { type Candidate, greatestDeviation, runSelfTest, type SelfTestResult } from "./self-test.ts";
import type { Device } from "./session.ts";

export interface DeviceSelectionOptions {
  /** Standard operators only: no blocked layout. */
  readonly portable?: boolean;
  /** Runs the self-test on a candidate; throws where it cannot. */
  readonly run?: (candidate: Candidate) => Promise<SelfTestResult>;
  /** Why a device cannot be there at all, or null where it may be. */
  readonly absence?: (device: Device) => string | null;
}

/** Blocked kernels are the same float32 arithmetic in another order. */
const BLOCKED_TOLERANCE = 1e-4;
/** Accelerators may multiply with 10-bit mantissas (TF32): about 1e-3 after a few layers. A wrong kernel is off by 1. */
const ACCELERATOR_TOLERANCE = 1e-2;
/** "auto" tries these in order. */
const ACCELERATORS: readonly Device[] = ["cuda", "dml", "coreml", "webgpu"];

/**
 * The device that a computation will run on, after a self-test: forward and backward passes of a small network are run
 * on each candidate and compared with the CPU's standard operators.
 *
 * - A device that was asked for and is missing, fails or computes wrong numbers is refused with a message; the CPU is
 *   used instead.
 * - "auto" takes the first accelerator that is right and not slower than the CPU in that test, without a word about
 *   the others; else the CPU.
 * - On the CPU the blocked layout is used, in blocks of 16 or 8 channels, where its results are right.
 */
export async function selectDevice(
  wanted: "auto" | Device,
  report: (message: string) => void,
  options: DeviceSelectionOptions = {},
): Promise<Candidate> {
  const { portable = false, run = runSelfTest, absence = absenceOf } = options;
  const reference = await run({ device: "cpu", blockSize: 0 });
  if (wanted === "auto") {
    for (const device of ACCELERATORS) {
      if (absence(device) !== null) continue;
      const { refusal, milliseconds } = await judge({ device, blockSize: 0 }, ACCELERATOR_TOLERANCE);
      if (refusal === null && milliseconds <= reference.milliseconds) return { device, blockSize: 0 };
    }
  } else if (wanted !== "cpu") {
    const refusal = absence(wanted) ?? (await judge({ device: wanted, blockSize: 0 }, ACCELERATOR_TOLERANCE)).refusal;
    if (refusal === null) return { device: wanted, blockSize: 0 };
    report(`The device "${wanted}" cannot be used: ${refusal}. The CPU is used instead.`);
  }
  return { device: "cpu", blockSize: portable ? 0 : await usableBlockSize() };

  async function usableBlockSize(): Promise<0 | 8 | 16> {
    for (const blockSize of [16, 8] as const) {
      if ((await judge({ device: "cpu", blockSize }, BLOCKED_TOLERANCE)).refusal === null) return blockSize;
    }
    return 0;
  }

  async function judge(
    candidate: Candidate,
    tolerance: number,
  ): Promise<{ refusal: string | null; milliseconds: number }> {
    try {
      const { outputs, milliseconds } = await run(candidate);
      const deviation = greatestDeviation(outputs, reference.outputs);
      const right = deviation <= tolerance;
      return {
        refusal: right ? null : `its results differ from the CPU's by ${deviation} of their size`,
        milliseconds,
      };
    } catch (error) {
      return { refusal: describeError(error), milliseconds: Number.POSITIVE_INFINITY };
    }
  }
}

/**
 * Why ONNX Runtime has no such device here, or null. An execution provider that is not listed would be dropped
 * silently by the runtime, and the CPU used under its name.
 */
function absenceOf(device: Device): string | null {
  const listed = listSupportedBackends();
  const backend = listed.find(({ name }) => name === device);
  if (backend === undefined) {
    return `ONNX Runtime has it not on this system; there are ${listed.map(({ name }) => name).join(", ")}`;
  }
  if (!backend.bundled && !existsSync(providerLibrary(device))) {
    return `its library is not installed (${providerLibrary(device)}); the README says how to add it`;
  }
  if (device === "webgpu" && process.platform === "linux" && !existsSync("/dev/dri") && !existsSync("/dev/nvidia0")) {
    return "this machine shows no graphics card (neither /dev/dri nor /dev/nvidia0)";
  }
  return null;
}

/** Where onnxruntime-node's install script puts the library of a provider that is not in the package. */
function providerLibrary(device: Device): string {
  const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")));
  const file =
    process.platform === "win32" ? `onnxruntime_providers_${device}.dll` : `libonnxruntime_providers_${device}.so`;
  return join(packageFolder, "bin", "napi-v6", process.platform, process.arch, file);
}
