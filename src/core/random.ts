/** The whole state of a random stream: four unsigned 32-bit words, to be stored in a checkpoint. */
export type RandomState = readonly [number, number, number, number];

/**
 * A reproducible stream of random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state.
 *
 * Randomness is always an argument. Work that runs in parallel or in another order takes a `fork` under a name of
 * its own, so that its numbers do not depend on who drew first.
 */
export class RandomStream {
  readonly #key: string;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** `seed`: any number or text; equal seeds give equal streams. */
  constructor(seed: number | string) {
    this.#key = String(seed);
    const [a, b, c, d] = hashToState(this.#key);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = d;
    for (let warmUp = 0; warmUp < 12; warmUp++) this.#nextUint32();
  }

  /** An independent stream named by this stream's seed and `name`; drawing from either does not move the other. */
  fork(name: number | string): RandomStream {
    return new RandomStream(`${this.#key}/${name}`);
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#counter] = state;
  }

  /** Uniform in [low, high), 53 random bits. */
  uniform(low = 0, high = 1): number {
    const high26 = this.#nextUint32() >>> 6;
    const low27 = this.#nextUint32() >>> 5;
    return low + ((high26 * 0x8000000 + low27) / 0x20000000000000) * (high - low);
  }

  /** A whole number in [0, count), each equally likely. */
  integer(count: number): number {
    if (!Number.isInteger(count) || count < 1)
      throw new Error(`integer(count) needs a count of at least 1, got ${count}.`);
    return Math.floor(this.uniform() * count);
  }

  /** Normal with the given mean and standard deviation (Box-Muller, one of the pair is discarded). */
  normal(mean = 0, standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + standardDeviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const chosen = this.integer(last + 1);
      [shuffled[last], shuffled[chosen]] = [shuffled[chosen] as T, shuffled[last] as T];
    }
    return shuffled;
  }

  #nextUint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }
}

/** Four words from a text: cyrb128 (bryc, public domain), a mixing hash, not a cryptographic one. */
function hashToState(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ unit, 597399067);
    b = c ^ Math.imul(b ^ unit, 2869860233);
    c = d ^ Math.imul(c ^ unit, 951274213);
    d = a ^ Math.imul(d ^ unit, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  const mixed = a ^ b ^ c ^ d;
  return [mixed | 0, (b ^ mixed) | 0, (c ^ mixed) | 0, (d ^ mixed) | 0];
}
