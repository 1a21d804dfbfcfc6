import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random.ts";
import { Computation } from "../../src/engine/computation.ts";
import { initialiseParameter } from "../../src/networks/initialise.ts";
import { encodeModel } from "../../src/networks/model-file.ts";
import { buildNetwork, NETWORK_NAMES, type NetworkName } from "../../src/networks/networks.ts";

const SIDE = 224;
const PLANE = 3 * SIDE * SIDE;

function narrowModel(name: NetworkName): Uint8Array {
  const network = { name, widthMultiplier: 1 / 16 };
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, computation.input("image", [1, 3, SIDE, SIDE]), network);
  const stream = new RandomStream(name);
  const weights = new Map(
    [...computation.parameters, ...computation.buffers].map((tensor) => [
      tensor.name,
      initialiseParameter(tensor, stream),
    ]),
  );
  const metadata = {
    ...{ version: "test", network, classes: ["normal", "mn"] as [string, string], positive_class: "mn" },
    operating_point: { threshold: 0.5, rule: "fixed", chosen_on: "nothing" },
    calibration: { method: "none" as const, temperature: 1 },
    ...{ training: {}, data_hash: "", licences: [], metrics: {} },
  };
  return encodeModel({ network, weights, storage: "float32", metadata });
}

test.each(NETWORK_NAMES)("a model of %s says the same of cells together as of each by itself", async (name) => {
  const session = await InferenceSession.create(narrowModel(name), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const stream = new RandomStream("pixels");
  const pixels = Uint8Array.from({ length: 3 * PLANE }, () => stream.integer(256));
  const run = async (part: Uint8Array, count: number) =>
    session.run({ image: new Tensor("uint8", part, [count, 3, SIDE, SIDE]) });
  const together = await run(pixels, 3);
  for (let cell = 0; cell < 3; cell++) {
    const alone = await run(pixels.slice(cell * PLANE, (cell + 1) * PLANE), 1);
    for (const output of session.outputNames) {
      const [all, one] = [together[output]?.data as Float32Array, alone[output]?.data as Float32Array];
      const size = one.length;
      one.forEach((value, index) => {
        expect(Math.abs(value - (all[cell * size + index] as number)), output).toBeLessThan(
          1e-4 * (1 + Math.abs(value)),
        );
      });
    }
  }
  await session.release();
});
