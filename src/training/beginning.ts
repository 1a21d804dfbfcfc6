import { existsSync } from "node:fs";
import { RandomStream } from "../core/random.ts";
import { outlineOf } from "../networks/outline.ts";
import { readNetworkWeights } from "../weights/network-weights.ts";
import type { TrainingRequest } from "./request.ts";
import { openCheckpoint, START_POSITION, type TrainingPosition } from "./run-folder.ts";
import type { TrainingSettings } from "./settings.ts";
import { describeStart, type StartedFrom } from "./started-from.ts";
import { chooseStartingWeights, type StartingWeights, type WeightsOrigin } from "./starting-weights.ts";
import type { Start } from "./step-worker.ts";

/** Where a training begins: at its checkpoint, or before its first step with weights. */
export interface Beginning {
  readonly position: TrainingPosition & StartingPoint;
  readonly start: Start;
}

/** What the weights at the very beginning decide of everything that follows. */
export interface StartingPoint {
  readonly origin: WeightsOrigin;
  readonly startedFrom: StartedFrom | null;
}

type BeginningRequest = Pick<TrainingRequest, "settings" | "runFolder" | "resume" | "fileOfWeights" | "message">;

/** Throws what readNetworkWeights throws, and RUN_CHECKPOINT_UNREADABLE. */
export async function beginningOf(request: BeginningRequest): Promise<Beginning> {
  const { settings, runFolder } = request;
  const position = request.resume ? openCheckpoint(runFolder, (checkpoint) => checkpoint.position) : null;
  if (position === null) return startFromWeights(request);
  const { origin = originBySettings(settings), startedFrom = await startBySettings(settings) } = position;
  return { position: { ...position, origin, startedFrom }, start: { kind: "checkpoint", runFolder } };
}

/** Before the first step. The numbers have memory of their own each, so that they can move to another thread. */
async function startFromWeights({ settings, fileOfWeights, message }: BeginningRequest): Promise<Beginning> {
  const file = fileOfWeights === undefined ? settings.weights : await fileOfWeights(settings);
  const given = file === null ? null : (await readNetworkWeights(file, settings.network)).tensors;
  const startedFrom = file === null ? null : await describeStart(file);
  const { parameters, buffers } = outlineOf(settings.network, settings.side).computation;
  const stream = new RandomStream(settings.seed).fork("weights");
  const chosen = chooseStartingWeights([...parameters, ...buffers], given, stream);
  announceWeights(chosen, file, message);
  const weights = new Map([...chosen.weights].map(([name, numbers]) => [name, ownMemory(numbers)]));
  return {
    position: { ...START_POSITION, origin: chosen.origin, startedFrom },
    start: { kind: "weights", weights },
  };
}

/** The origin as earlier versions took it, whose checkpoints do not tell. */
function originBySettings({ weights }: TrainingSettings): WeightsOrigin {
  return weights === null ? "drawn" : "given";
}

/** The same of the file of weights, which may be gone by now: it is no longer needed for the training itself. */
async function startBySettings({ weights }: TrainingSettings): Promise<StartedFrom | null> {
  return weights === null || !existsSync(weights) ? null : describeStart(weights);
}

function ownMemory(numbers: Float32Array): Float32Array {
  return numbers.byteLength === numbers.buffer.byteLength ? numbers : numbers.slice();
}

function announceWeights(
  { taken, initialised, origin }: StartingWeights,
  file: string | null,
  message: (text: string) => void,
): void {
  if (file === null) message("Starting from random weights (Kaiming).");
  else
    message(
      `Starting from ${file}: ${taken.length} tensors taken` +
        (initialised.length === 0 ? "." : `, drawn at random: ${initialised.join(", ")}.`) +
        (origin === "mostly-drawn" ? " These are most of the network, so it starts with small steps." : ""),
    );
}
