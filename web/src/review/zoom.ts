/**
 * How an image lies on its stage: enlarged `scale` times (1: the whole image fits), its middle moved by `x`, `y`, in
 * widths and heights of the stage. A point at `p` on the fitted image, from the middle, appears at `scale * p + x`.
 */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };

const LARGEST = 16;
/** Three steps double. */
export const ZOOM_STEP = 2 ** (1 / 3);

/** Enlarges by `factor` so that the point under `at` (from the middle, in stage sizes) stays where it is. */
export function zoomedAt(zoom: Zoom, factor: number, at: { readonly x: number; readonly y: number }): Zoom {
  const scale = Math.min(Math.max(zoom.scale * factor, 1), LARGEST);
  const real = scale / zoom.scale;
  return kept({ scale, x: at.x - (at.x - zoom.x) * real, y: at.y - (at.y - zoom.y) * real });
}

/** Moves the image by a part of the stage. */
export function moved(zoom: Zoom, by: { readonly x: number; readonly y: number }): Zoom {
  return kept({ scale: zoom.scale, x: zoom.x + by.x, y: zoom.y + by.y });
}

/** The image never leaves the stage: its edge goes at most to the stage's edge. */
function kept({ scale, x, y }: Zoom): Zoom {
  const most = (scale - 1) / 2;
  return { scale, x: Math.min(Math.max(x, -most), most), y: Math.min(Math.max(y, -most), most) };
}
