import type { InstanceMask } from "../images/mask.ts";

/** Regions of equal value, numbered from 1 in reading order; `valueOfRegion` maps a region's number to that value. */
export interface Components {
  readonly mask: InstanceMask;
  readonly valueOfRegion: ReadonlyMap<number, number>;
}

/**
 * Connected regions of pixels with the same value other than 0, neighbours also over corners (8-connectivity).
 * `values`: [height, width]
 */
export function connectedComponents(width: number, height: number, values: ArrayLike<number>): Components {
  const data = new Uint16Array(width * height);
  const valueOfRegion = new Map<number, number>();
  for (let start = 0; start < data.length; start++) {
    const value = values[start]!;
    if (value === 0 || data[start] !== 0) continue;
    const number = valueOfRegion.size + 1;
    valueOfRegion.set(number, value);
    fill(start, number);
  }
  return { mask: { width, height, data }, valueOfRegion };

  function fill(start: number, number: number): void {
    const waiting = [start];
    data[start] = number;
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          const neighbour = ny * width + nx;
          if (data[neighbour] !== 0 || values[neighbour] !== values[start]) continue;
          data[neighbour] = number;
          waiting.push(neighbour);
        }
      }
    }
  }
}
