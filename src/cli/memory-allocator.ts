/**
 * Settings of glibc's malloc that let a process keep the large blocks it frees. ONNX Runtime's binding copies every output
 * of a step into new memory, even where the step has written into given buffers; blocks of tens of megabytes come from the
 * system otherwise, page by page, in every step anew. Other C libraries ignore them.
 */
export const KEEP_FREED_MEMORY = {
  MALLOC_ARENA_MAX: "1", // the arenas of further threads cannot hold blocks above 64 MB
  MALLOC_MMAP_THRESHOLD_: String(2 ** 31),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
} as const;

/** Commands that train, or may. A word that only looks like one costs a second start, nothing else. */
const TRAINING_COMMANDS: ReadonlySet<string> = new Set(["train", "experiment", "tune", "demo", "review"]);

/**
 * The environment that a command line is to be started in again, or null where it can stay in this one: it does not train,
 * the system is not Linux, or somebody has set malloc already.
 */
export function environmentForTraining(
  args: readonly string[],
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv | null {
  const trains = args.some((word) => TRAINING_COMMANDS.has(word));
  const isSet = Object.keys(environment).some((name) => name.startsWith("MALLOC_") || name === "GLIBC_TUNABLES");
  return trains && platform === "linux" && !isSet ? { ...environment, ...KEEP_FREED_MEMORY } : null;
}

/** Puts the same command line into the place of this process, where it is to run in another environment: malloc reads its own at a start. */
export function restartForTraining(): void {
  const environment = environmentForTraining(process.argv.slice(2), process.platform, process.env);
  if (environment === null) return;
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], environment);
}
