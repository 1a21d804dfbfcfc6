/** Lets so many pieces of work run at once; the others wait for their turn, the newest first. */
export class Turnstile {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /**
   * The newest first: while somebody scrolls, what was asked for last is what is looked at. `isWanted` is asked when the
   * turn comes; where nobody waits for the result any more, null is returned and nothing done.
   */
  async pass<Result>(isWanted: () => boolean, work: () => Promise<Result>): Promise<Result | null> {
    if (this.#inside >= this.#places) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside++;
    try {
      return isWanted() ? await work() : null;
    } finally {
      const next = this.#waiting.pop();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
