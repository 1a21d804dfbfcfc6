const wordOfFloat = new Float32Array(1);
const bitsOfWord = new Uint32Array(wordOfFloat.buffer);

/**
 * The 16 bits of the IEEE 754 half-precision number nearest to `value` as a float32; ties go to the even one.
 * Beyond 65519.996 it is infinity, below 2^-25 it is zero of the same sign; NaN stays NaN.
 */
export function float16Bits(value: number): number {
  wordOfFloat[0] = value;
  const bits = bitsOfWord[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 is halfway between the largest half, 65504, and 65536, which does not exist.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  const exponent = magnitude >>> 23;
  // At 2^-14 and above the result is normal: 13 mantissa bits go, and the exponent's bias falls from 127 to 15.
  if (exponent >= 113) return sign | (shiftToNearestEven(magnitude, 13) - (112 << 10));
  // Subnormal: the mantissa with its leading one, in units of 2^-24.
  if (exponent < 101) return sign;
  return sign | shiftToNearestEven((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** The value of 16 half-precision bits; every one of them is exact in float32. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Half-precision bits of every number. */
export function toFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) halves[index] = float16Bits(values[index] as number);
  return halves;
}

/** The numbers that half-precision bits stand for. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, float16Value);
}

/** The numbers that bfloat16 bits stand for: a bfloat16 is the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

/** `value` / 2^`places`, rounded to the nearest whole number, ties to even. */
function shiftToNearestEven(value: number, places: number): number {
  const isOdd = (value >>> places) & 1;
  return (value + (2 ** (places - 1) - 1) + isOdd) >>> places;
}
