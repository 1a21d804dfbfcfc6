import type { AttentionMap } from "../engine/classifier-session.ts";
import { rangeOf, type ScaleRange, upsampleMap } from "./attention-image.ts";

/** Nine colours of "viridis" (Smith and van der Walt, matplotlib, CC0), evenly spaced: rising lightness, safe for colour-blind readers. */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

/** Below this share of the range nothing is shown; from it on opacity rises evenly to full. */
const TRANSPARENT_BELOW = 0.15;

/** A map as a layer to lay over its image: uint8 [height, width, 4], red, green, blue, opacity. Low values are transparent. */
export function paintLayer(
  map: AttentionMap,
  width: number,
  height: number,
  { low, high }: ScaleRange = rangeOf(map),
): Uint8Array {
  const layer = new Uint8Array(4 * width * height);
  upsampleMap(map, width, height).forEach((value, pixel) => {
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
    const opacity = Math.max(0, (share - TRANSPARENT_BELOW) / (1 - TRANSPARENT_BELOW));
    layer.set([...viridis(share), Math.round(255 * opacity)], 4 * pixel);
  });
  return layer;
}

/** share: 0 (dark) to 1 (light), interpolated linearly; red, green, blue in 0..255. */
function viridis(share: number): number[] {
  const position = share * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(position));
  const [lower = [], upper = []] = [VIRIDIS[below], VIRIDIS[below + 1]];
  return [0, 1, 2].map((channel) => {
    const [from = 0, to = 0] = [lower[channel], upper[channel]];
    return Math.round(from + (to - from) * (position - below));
  });
}
