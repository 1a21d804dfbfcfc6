/*
 * Three variants of one cell, with the parameters that were drawn, and an operating point for a few scores.
 *
 *   node examples/augment.ts FOLDER
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  applyAugmentation,
  chooseOperatingPoint,
  drawAugmentation,
  encodePng,
  MicronucleiError,
  RandomStream,
  readImage,
} from "../src/index.ts";

const folder = process.argv[2] ?? "variants";
await mkdir(folder, { recursive: true });
const side = 64;
const disc = new Uint8Array(side * side).map((_, pixel) =>
  Math.hypot((pixel % side) - 32, Math.floor(pixel / side) - 32) < 14 ? 200 : 20,
);
const recipe = { rotation: { degrees: [0, 360] }, scaling: { factor: [0.8, 1.2] } } as const;
const stream = new RandomStream("augment");
for (const variant of [1, 2]) {
  const parameters = drawAugmentation(stream.fork(variant), recipe);
  const image = applyAugmentation({ width: side, height: side, channels: 1, data: disc }, parameters);
  await writeFile(join(folder, `variant-${variant}.png`), await encodePng(image));
  console.log(JSON.stringify(parameters));
}
const { threshold } = chooseOperatingPoint([0.9, 0.8, 0.3, 0.1], [true, true, false, false]);
console.log(`Call positive from ${threshold} on.`);
try {
  await readImage(join(folder, "no such file.png"));
} catch (error) {
  if (error instanceof MicronucleiError) console.log(error.code);
}
