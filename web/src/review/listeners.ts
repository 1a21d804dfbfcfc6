/** Who wants to hear of a change of one thing (a cell, a place of a queue), kept so that a change wakes only those. */
export class Listeners<Key> {
  readonly #of = new Map<Key, Set<() => void>>();

  /** Returns the function that ends the subscription. */
  add(key: Key, listener: () => void): () => void {
    const listeners = this.#of.get(key) ?? new Set();
    this.#of.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#of.get(key) === listeners) this.#of.delete(key);
    };
  }

  tell(key: Key): void {
    for (const listener of [...(this.#of.get(key) ?? [])]) listener();
  }

  tellAll(): void {
    for (const listeners of [...this.#of.values()]) for (const listener of [...listeners]) listener();
  }
}
