import type { Cell, NewLabel, QueueName } from "../../../src/server/api/cells.ts";
import { Listeners } from "./listeners.ts";

/** What a reader decided, before the server has answered. `key` is its name everywhere: sent twice, it is written once. */
export type Decision = {
  readonly key: string;
  /** Whoever decided it, as the audit trail will name them. */
  readonly reader: string;
  readonly studyId: number;
  readonly cellId: number;
  /** Grows with every decision of a window: the order in which they are sent. */
  readonly order: number;
} & (
  | {
      readonly kind: "label";
      readonly finding: NewLabel["finding"];
      readonly micronuclei: number | null;
      readonly reason: string | null;
      readonly queue: QueueName | null;
    }
  /** Takes back the reader's latest label; `takesBack` is the key of the decision that made it, where this window made it. */
  | { readonly kind: "undo"; readonly takesBack: string | null }
);
export type NewDecision = WithoutOwn<Decision>;
type WithoutOwn<D> = D extends unknown ? Omit<D, "key" | "order"> : never;

/** Where decisions lie until the server has them: over a reload, a crash of the browser, an evening. */
export interface OutboxStore {
  load(): Promise<Decision[]>;
  put(decision: Decision): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Why a batch did not arrive. `refused`: it never will as it is. `gone`: nobody answers. `locked`: one has to log in. */
export interface SendFailure {
  readonly kind: "refused" | "gone" | "locked";
  readonly message: string;
}

export interface OutboxParts {
  readonly store: OutboxStore;
  /** Sends decisions of one kind, study and reader, in their order; answers the cells after them. Rejects with anything. */
  readonly send: (batch: readonly Decision[]) => Promise<readonly Cell[]>;
  readonly failureOf: (error: unknown) => SendFailure;
  /** Whether the person who sits here may send what this reader decided. */
  readonly mayBeSent: (reader: string) => boolean;
  readonly newKey: () => string;
  readonly now: () => number;
  /** Calls once the page has had time to draw: a decision shows the next cell first. */
  readonly soon: (act: () => void) => void;
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface OutboxState {
  /** Decisions that the server has not answered yet, and that may be sent from here. */
  readonly waiting: number;
  /** Kept here for readers who are not logged in now. */
  readonly ofOthers: number;
  readonly connection: "open" | "gone" | "locked";
  /** What the server said, while the connection is not open. */
  readonly message: string;
  readonly refused: readonly { readonly decision: Decision; readonly message: string }[];
  /** False where the browser keeps nothing: a reload would then lose what waits. */
  readonly lasting: boolean;
}

/** The server takes 200; a shorter batch is answered sooner, and a backlog of an hour is still gone in seconds. */
const BATCH = 50;
const PAUSES_MILLISECONDS = [250, 500, 1000, 2000, 4000];

/**
 * Decisions on their way to the server. Each is kept in the store first of all, sent in strict order, sent again with the
 * same key until the server answers, and forgotten only then. What the server refuses is shown, never dropped silently.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #changes = new Listeners<"state" | number>();
  readonly #saved = new Set<(decisions: readonly Decision[], cells: readonly Cell[]) => void>();
  #decisions: readonly Decision[] = [];
  #state: OutboxState = { waiting: 0, ofOthers: 0, connection: "open", message: "", refused: [], lasting: true };
  #lastOrder = 0;
  #pumping = false;
  #oneByOne = 0;
  #wake: () => void = () => {};

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier window left, before what was decided meanwhile. */
  async start(): Promise<void> {
    const left = await this.#parts.store.load().catch(() => this.#forgetful());
    const known = new Set(this.#decisions.map(({ key }) => key));
    const added = (left ?? []).filter(({ key }) => !known.has(key));
    this.#decisions = [...added, ...this.#decisions].sort((a, b) => a.order - b.order);
    this.#lastOrder = Math.max(this.#lastOrder, this.#decisions.at(-1)?.order ?? 0);
    this.#update({});
    for (const { cellId } of added) this.#changes.tell(cellId);
    await this.#pump();
  }

  get state(): OutboxState {
    return this.#state;
  }

  /** The latest decision on a cell that the server has not answered yet. */
  pendingOf(cellId: number): Decision | undefined {
    return this.#decisions.findLast((decision) => decision.cellId === cellId);
  }

  /** Takes a decision; it is sent as soon as those before it are. Taking back what the server refused only forgets it. */
  add(decision: NewDecision): Decision {
    this.#lastOrder = Math.max(this.#lastOrder + 1, this.#parts.now());
    const kept: Decision = { ...decision, key: this.#parts.newKey(), order: this.#lastOrder };
    if (kept.kind === "undo" && kept.takesBack !== null && this.#dismiss([kept.takesBack])) return kept;
    this.#decisions = [...this.#decisions, kept];
    this.#update({});
    this.#changes.tell(kept.cellId);
    this.#parts.soon(() => {
      this.#parts.store.put(kept).catch(() => this.#forgetful());
      void this.#pump();
    });
    return kept;
  }

  /** Tries at once, as when the server is back or somebody has logged in. */
  retry(): void {
    this.#update({});
    this.#wake();
    void this.#pump();
  }

  /** Gives up decisions that the server refused. */
  dismissRefused(): void {
    this.#dismiss(this.#state.refused.map(({ decision }) => decision.key));
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.add("state", listener);
  }

  subscribeCell(cellId: number, listener: () => void): () => void {
    return this.#changes.add(cellId, listener);
  }

  /** Hears of decisions that are on the server's disk, with the cells as they are after them. */
  onSaved(listener: (decisions: readonly Decision[], cells: readonly Cell[]) => void): () => void {
    this.#saved.add(listener);
    return () => this.#saved.delete(listener);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    let failures = 0;
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const arrived = await this.#sendBatch(batch);
      failures = arrived ? 0 : failures + 1;
      if (arrived) continue;
      const pause = PAUSES_MILLISECONDS[Math.min(failures, PAUSES_MILLISECONDS.length) - 1] ?? 0;
      await Promise.race([this.#parts.wait(pause), new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
    this.#pumping = false;
  }

  /** The oldest decisions that go in one request: labels of one study by one reader, or one undo. */
  #nextBatch(): readonly Decision[] {
    const mine = this.#decisions.filter(({ reader }) => this.#parts.mayBeSent(reader));
    const [head] = mine;
    if (head === undefined) return [];
    if (head.kind === "undo" || this.#oneByOne > 0) return [head];
    const end = mine.findIndex(
      ({ kind, studyId, reader }) => kind !== "label" || studyId !== head.studyId || reader !== head.reader,
    );
    return mine.slice(0, Math.min(end < 0 ? mine.length : end, BATCH));
  }

  /** Whether the server answered for good: saved or refused. */
  async #sendBatch(batch: readonly Decision[]): Promise<boolean> {
    try {
      const cells = await this.#parts.send(batch);
      this.#oneByOne = Math.max(this.#oneByOne - 1, 0);
      this.#remove(batch);
      for (const listener of this.#saved) listener(batch, cells);
      this.#update({ connection: "open", message: "" });
      this.#parts.store.remove(batch.map(({ key }) => key)).catch(() => this.#forgetful());
      for (const { cellId } of batch) this.#changes.tell(cellId);
      return true;
    } catch (error) {
      const failure = this.#parts.failureOf(error);
      if (failure.kind !== "refused") this.#update({ connection: failure.kind, message: failure.message });
      else this.#refuse(batch, failure.message);
      return failure.kind === "refused";
    }
  }

  /** One wrong decision must not hold up the others: a refused batch is sent again one by one. */
  #refuse(batch: readonly Decision[], message: string): void {
    const [only, ...others] = batch;
    if (only === undefined) return;
    if (others.length > 0) {
      this.#oneByOne = batch.length;
      return;
    }
    this.#oneByOne = Math.max(this.#oneByOne - 1, 0);
    this.#remove([only]);
    this.#update({ connection: "open", message: "", refused: [...this.#state.refused, { decision: only, message }] });
    // Taken back already: there is nothing left to say, and the undo would hit an older label.
    const undo = this.#decisions.find((later) => later.kind === "undo" && later.takesBack === only.key);
    if (undo !== undefined) {
      this.#remove([undo]);
      this.#dismiss([only.key, undo.key]);
    }
    this.#changes.tell(only.cellId);
  }

  /** Whether any of the keys was refused; those are forgotten. */
  #dismiss(keys: readonly string[]): boolean {
    const refused = this.#state.refused.filter(({ decision }) => !keys.includes(decision.key));
    if (refused.length === this.#state.refused.length) return false;
    this.#parts.store.remove(keys).catch(() => this.#forgetful());
    this.#update({ refused });
    return true;
  }

  #remove(decisions: readonly Decision[]): void {
    const gone = new Set(decisions.map(({ key }) => key));
    this.#decisions = this.#decisions.filter(({ key }) => !gone.has(key));
  }

  #forgetful(): undefined {
    this.#update({ lasting: false });
  }

  #update(changes: Partial<OutboxState>): void {
    const waiting = this.#decisions.filter(({ reader }) => this.#parts.mayBeSent(reader)).length;
    this.#state = { ...this.#state, ...changes, waiting, ofOthers: this.#decisions.length - waiting };
    this.#changes.tell("state");
  }
}
