/**
 * Pixels as the file stores them, before they become 8-bit: `data` holds height * width * channels values, rows from
 * the top, samples of one pixel side by side. 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGB and alpha (not premultiplied).
 * Uint8Array: 0..255; Uint16Array: 0..65535; Float32Array: any unit, also of 32-bit integers.
 */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array | Uint16Array | Float32Array;
}
