/** Results by key, the most recently used ones up to a size: a `Map` remembers the order in which its keys were set. */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly size: number }>();
  readonly #capacity: number;
  #size = 0;

  /** `capacity` is in the unit of the sizes that `set` is given. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: Value, size = 1): void {
    this.delete(key);
    if (size > this.#capacity) return;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#capacity) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}

/** What was computed under a key, or is being computed now; a failure is forgotten, since its cause may go. */
export async function remembered<Value>(
  cache: BoundedCache<Promise<Value>>,
  key: string,
  compute: () => Promise<Value>,
): Promise<Value> {
  const kept = cache.get(key) ?? compute();
  cache.set(key, kept);
  try {
    return await kept;
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}
