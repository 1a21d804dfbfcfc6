import { elementCount } from "../../src/engine/graph.ts";

/** FNV-1a, 32 bits, of a text of ASCII letters. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** `count` numbers in [-1, 1) of the linear congruential generator in test/golden/torch/README.md. */
export function generateNumbers(seed: number, count: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The generated parameter of that name. */
export function generateParameter(name: string, shape: readonly number[]): Float32Array {
  const perFilter = elementCount(shape.slice(1));
  const isWeight = name.endsWith(".weight");
  const scale = isWeight ? Math.sqrt(6 / perFilter) * (name.endsWith(".W.weight") ? 0.2 : 1) : 0.05;
  return Float32Array.from(generateNumbers((fnv1a(name) ^ 1) >>> 0, elementCount(shape)), (u) => u * scale);
}

/** The generated batch: [images, 3, side, side], normalised. */
export function generateImages(images: number, side: number): Float32Array {
  const area = 3 * side * side;
  const batch = new Float32Array(images * area);
  for (let image = 0; image < images; image++) {
    const numbers = generateNumbers(7 + image, area).map((u) => u * (0.5 + 0.5 * image) + 0.25 * ((image % 3) - 1));
    batch.set(numbers, image * area);
  }
  return batch;
}
