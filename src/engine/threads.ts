import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Threads that ONNX Runtime takes by itself. */
const BY_THE_RUNTIME = 0;

/**
 * The threads of the CPU kernels where nobody asked for a number: one for each core that this process may use.
 *
 * On Linux, ONNX Runtime left to itself finds a single core on some virtual machines and then computes at half the speed or
 * less, so the cores are counted here; hyper-threads of one core count once, since both would wait for the same arithmetic.
 * Elsewhere the runtime's own count is right, and 0 asks for it.
 */
export function defaultThreads(
  platform: NodeJS.Platform = process.platform,
  readText: (path: string) => string = (path) => readFileSync(path, "utf8"),
  usable: number = availableParallelism(),
): number {
  if (platform !== "linux") return BY_THE_RUNTIME;
  return Math.max(1, Math.min(usable, physicalCores(readText) ?? usable));
}

/** Sets of hyper-threads among the processors that are running, or null where the system does not say. */
function physicalCores(readText: (path: string) => string): number | null {
  try {
    const processors = numbersOfList(readText("/sys/devices/system/cpu/online"));
    const siblings = processors.map((processor) =>
      readText(`/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`).trim(),
    );
    return new Set(siblings).size;
  } catch {
    return null;
  }
}

/** Linux's lists of processors: "0-3,8" -> 0, 1, 2, 3, 8. */
function numbersOfList(text: string): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first, last] = range.split("-").map(Number) as [number, number | undefined];
      return Array.from({ length: (last ?? first) - first + 1 }, (_, index) => first + index);
    });
}
