import { RandomStream } from "../core/random.ts";
import { Computation } from "../engine/computation.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { initialiseParameter } from "../networks/initialise.ts";
import { encodeModel, MODEL_SIDE } from "../networks/model-file.ts";
import { buildNetwork, type NetworkSettings, networkNamed } from "../networks/networks.ts";
import { normalise } from "../networks/normalisation.ts";

/**
 * A model of the same network with every weight drawn at random (Adebayo et al. 2018, "Sanity checks for saliency maps").
 * Equal seeds give equal bytes. Throws UNKNOWN_NETWORK.
 */
export function randomisedModel(metadata: ModelMetadata, seed: number): Uint8Array {
  const side = typeof metadata.training.side === "number" ? metadata.training.side : MODEL_SIDE;
  const network: NetworkSettings = { ...metadata.network, name: networkNamed(metadata.network.name) };
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, normalise(computation, computation.input("image", [1, 3, side, side], "uint8")), network);
  const stream = new RandomStream(seed).fork("random weights");
  const weights = new Map(
    computation.parameters.map((parameter) => [parameter.name, initialiseParameter(parameter, stream)]),
  );
  return encodeModel({ network, weights, storage: "float32", metadata, side });
}
