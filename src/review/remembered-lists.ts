/** Numbers in all remembered lists together: 8 bytes each. */
const MOST_NUMBERS = 10_000_000;

interface RememberedList {
  readonly version: string;
  readonly numbers: Promise<readonly number[]>;
  count: number;
}

/** Long lists of cells that take a while to read, until too many are remembered: then the oldest goes. */
export class RememberedLists {
  readonly #loaded = new Map<string, RememberedList>();
  readonly #grown = new Map<string, readonly number[]>();

  /** The list of this name as it was loaded for this version; who asks meanwhile waits for the same loading. */
  async list(key: string, version: string, load: () => Promise<readonly number[]>): Promise<readonly number[]> {
    const known = this.#loaded.get(key);
    if (known?.version === version) return await known.numbers;
    const list: RememberedList = { version, numbers: load(), count: 0 };
    this.#loaded.delete(key);
    this.#loaded.set(key, list);
    try {
      const numbers = await list.numbers;
      list.count = numbers.length;
      this.#forgetOldest();
      return numbers;
    } catch (error) {
      if (this.#loaded.get(key) === list) this.#loaded.delete(key);
      throw error;
    }
  }

  /** The members in the order in which they were before; new ones behind, in the order that `arrange` gives them. */
  grow(
    key: string,
    members: readonly number[],
    arrange: (added: readonly number[]) => readonly number[] = (added) => added,
  ): readonly number[] {
    const before = this.#grown.get(key) ?? [];
    const [known, present] = [new Set(before), new Set(members)];
    const kept = before.filter((number) => present.has(number));
    const grown = [...kept, ...arrange(members.filter((number) => !known.has(number)))];
    this.#grown.set(key, grown);
    return grown;
  }

  #forgetOldest(): void {
    let total = [...this.#loaded.values()].reduce((sum, { count }) => sum + count, 0);
    for (const [key, { count }] of this.#loaded) {
      if (total <= MOST_NUMBERS || this.#loaded.size === 1) return;
      this.#loaded.delete(key);
      total -= count;
    }
  }
}
