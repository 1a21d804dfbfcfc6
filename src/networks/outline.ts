import { Computation } from "../engine/computation.ts";
import { buildNetwork, type NetworkSettings } from "./networks.ts";

/** A network without numbers. */
export interface Outline {
  /** The forward graph of a training. */
  readonly computation: Computation;
  readonly batch: number;
}

/** Two images: one alone has no variance for a batch normalisation of 1 x 1 maps. */
const BATCH = 2;

export function outlineOf(settings: NetworkSettings, side = 224): Outline {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, computation.input("image", [BATCH, 3, side, side]), settings);
  return { computation, batch: BATCH };
}
