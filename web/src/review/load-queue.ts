/** Loads something; resolves when done, however it ended. `signal` ends it early. */
export type Load = (signal: AbortSignal) => Promise<void>;

interface Waiting {
  readonly load: Load;
  readonly abort: AbortController;
}

/**
 * Loads in the order in which they were asked for, a few at a time. One that is cancelled before its turn never starts:
 * of the thousands of tiles that fly past in a long scroll, only those that stay in view ever reach the server.
 */
export class LoadQueue {
  readonly #atOnce: number;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Returns the function that cancels the load. */
  add(load: Load): () => void {
    const entry: Waiting = { load, abort: new AbortController() };
    this.#waiting.add(entry);
    // Not at once: tiles that a fast scroll mounts and unmounts within one turn of the event loop start nothing.
    queueMicrotask(() => this.#startNext());
    return () => {
      this.#waiting.delete(entry);
      entry.abort.abort();
    };
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#running >= this.#atOnce) return;
    this.#waiting.delete(next);
    this.#running++;
    void next
      .load(next.abort.signal)
      .catch(() => {})
      .then(() => {
        this.#running--;
        this.#startNext();
      });
  }
}
