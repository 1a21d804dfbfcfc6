/** Failed attempts before the first wait: of one machine at one account, of one machine, at one account. */
const FREE_ATTEMPTS = { machineAndName: 5, machine: 30, name: 100 } as const;
const LONGEST_WAIT_SECONDS = 15 * 60;
/** Failures are forgotten when nothing was tried for so long. */
const FORGOTTEN_AFTER_SECONDS = 60 * 60;
const MOST_REMEMBERED = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Slows down the guessing of passwords: after some free attempts each failure doubles the wait before the next attempt,
 * 2^(n - free) seconds, up to a quarter of an hour. An attempt counts as failed until it has succeeded, so that many at
 * once gain nothing. One machine cannot lock an account for others before a hundred failures.
 */
export class LoginThrottle {
  readonly #now: () => Date;
  readonly #failures = new Map<string, Failures>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Counts an attempt; or returns the seconds to wait before one is let through, and counts nothing. */
  attempt(machine: string, name: string): number {
    const keys = keysOf(machine, name);
    const wait = Math.max(...keys.map(({ key, free }) => this.#waitOf(key, free)));
    if (wait > 0) return Math.ceil(wait);
    for (const { key } of keys) this.#count(key);
    return 0;
  }

  /** The person is who they said: their failures before were slips, not guesses, and count no longer. */
  succeeded(machine: string, name: string): void {
    const [both, ...shared] = keysOf(machine, name);
    const slips = this.#failures.get(both.key)?.count ?? 0;
    this.#failures.delete(both.key);
    for (const { key } of shared) {
      const failures = this.#failures.get(key);
      if (failures !== undefined) failures.count -= slips;
    }
  }

  #waitOf(key: string, free: number): number {
    const failures = this.#failures.get(key);
    if (failures === undefined || failures.count < free) return 0;
    const since = (this.#now().getTime() - failures.lastAt) / 1000;
    if (since > FORGOTTEN_AFTER_SECONDS) {
      this.#failures.delete(key);
      return 0;
    }
    return Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures.count - free)) - since;
  }

  #count(key: string): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    // Put at the end: the first of the map is the one that was tried longest ago.
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastAt: this.#now().getTime() });
    if (this.#failures.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }
}

interface Counter {
  readonly key: string;
  readonly free: number;
}

function keysOf(machine: string, name: string): [Counter, Counter, Counter] {
  const who = name.normalize("NFKC").trim().toLowerCase();
  return [
    { key: JSON.stringify([machine, who]), free: FREE_ATTEMPTS.machineAndName },
    { key: JSON.stringify([machine]), free: FREE_ATTEMPTS.machine },
    { key: JSON.stringify(["name", who]), free: FREE_ATTEMPTS.name },
  ];
}
