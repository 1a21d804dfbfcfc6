import { readHead } from "../workspace/audit-trail.ts";
import { blindedReaders } from "../workspace/readers.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Cell } from "./api/cells.ts";
import type { ServerEvent } from "./api/events.ts";

/** A window that listens. */
export interface Listener {
  /** Null where the window has not said who reads: it is then told no more than a blinded reader. */
  readonly reader: string | null;
  readonly tell: (event: ServerEvent) => void;
  /** The server closes. */
  readonly end: () => void;
}

/** Labels that were just written, for the windows. */
export interface NewLabels {
  readonly studyId: number;
  readonly by: string;
  /** Their entries in the audit trail. */
  readonly entries: readonly number[];
  /** The labelled cells as a reader who is not blinded sees them. */
  readonly cellsFor: (reader: string) => Cell[];
}

const LOOK_MILLISECONDS = 1_000;
const ENTRIES_AT_ONCE = 10_000;

/**
 * Tells all windows what happens. While somebody listens, it looks at the audit trail every second: so that what other
 * processes write is told too, as a change of the study that it belongs to.
 */
export class Feed {
  readonly #workspace: Workspace;
  readonly #listeners = new Set<Listener>();
  readonly #lookMilliseconds: number;
  /** Entries of labels that those who may see them have been told already. */
  readonly #told = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  /** The last entry that was looked at. */
  #seen = 0;

  constructor(workspace: Workspace, lookMilliseconds: number = LOOK_MILLISECONDS) {
    this.#workspace = workspace;
    this.#lookMilliseconds = lookMilliseconds;
  }

  /** Tells a window everything from now on, until the answered function is called. */
  async listen(listener: Listener): Promise<() => void> {
    const { entries } = await readHead(this.#workspace.db);
    if (this.#listeners.size === 0) this.#seen = entries;
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look(), this.#lookMilliseconds).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Tells everybody. */
  publish(event: ServerEvent): void {
    for (const { tell } of this.#listeners) tell(event);
  }

  /** Tells labels to those who may see them; the others learn within a second that something of the study has changed. */
  async publishLabels({ studyId, by, entries, cellsFor }: NewLabels): Promise<void> {
    if (this.#listeners.size === 0) return;
    const blinded = await blindedReaders(this.#workspace.db, studyId);
    for (const { reader, tell } of this.#listeners)
      if (mayKnow(reader, blinded)) tell({ kind: "labels", studyId, by, cells: cellsFor(reader) });
    for (const entry of entries) if (entry > this.#seen) this.#told.add(entry);
  }

  close(): void {
    for (const { end } of this.#listeners) end();
    this.#listeners.clear();
    this.#rest();
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#told.clear();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#tellChanges();
    } catch {
      // The workspace is busy, or being closed: the next look finds the same entries.
    } finally {
      this.#looking = false;
    }
  }

  async #tellChanges(): Promise<void> {
    const { db } = this.#workspace;
    const entries = await db
      .selectFrom("audit_entry")
      .select(["seq", "study_id"])
      .where("seq", ">", this.#seen)
      .orderBy("seq")
      .limit(ENTRIES_AT_ONCE)
      .execute();
    const changed = new Map<number, { readonly isTold: boolean; readonly blinded: ReadonlySet<string> }>();
    for (const [studyId, ofStudy] of Map.groupBy(entries, ({ study_id }) => study_id))
      if (studyId !== null)
        changed.set(studyId, {
          isTold: ofStudy.every(({ seq }) => this.#told.has(seq)),
          blinded: await blindedReaders(db, studyId),
        });
    for (const [studyId, { isTold, blinded }] of changed)
      for (const { reader, tell } of this.#listeners)
        if (!isTold || !mayKnow(reader, blinded)) tell({ kind: "study", studyId });
    for (const { seq } of entries) this.#told.delete(seq);
    this.#seen = entries.at(-1)?.seq ?? this.#seen;
  }
}

function mayKnow(reader: string | null, blinded: ReadonlySet<string>): reader is string {
  return reader !== null && !blinded.has(reader);
}
