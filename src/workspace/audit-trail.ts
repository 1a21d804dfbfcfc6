import type { Kysely, Selectable, Transaction } from "kysely";
import { sha256 } from "../core/files.ts";
import { FIRST_HASH } from "./migrations.ts";
import type { AuditEntryTable, Schema } from "./schema.ts";

/** What happened, for the audit trail. Values are any JSON. */
export interface AuditEvent {
  /** A verb and a noun, such as `label cell`. */
  readonly action: string;
  /** The thing, such as `cell 17`. */
  readonly subject: string;
  readonly studyId?: number | null;
  readonly oldValue?: unknown;
  readonly newValue?: unknown;
  readonly reason?: string | null;
  /** Digest of the rows that will name this entry. */
  readonly digest?: string | null;
}

export type AuditEntry = Selectable<AuditEntryTable>;

/** Length of the trail and hash of its last entry: written down elsewhere, it fixes everything before it. */
export interface AuditHead {
  readonly entries: number;
  readonly hash: string;
}

/**
 * Adds an entry in a transaction: `hash` = SHA-256 over all of its fields and the hash of the entry before. Counting up
 * the head first makes every other writer wait, so that the chain has one order.
 */
export async function appendEntry(
  trx: Transaction<Schema>,
  event: AuditEvent & { readonly who: string; readonly at: string },
): Promise<number> {
  const head = await trx
    .updateTable("audit_head")
    .set((row) => ({ entries: row("entries", "+", 1) }))
    .returning(["entries", "hash"])
    .executeTakeFirstOrThrow();
  const entry = {
    seq: head.entries,
    at: event.at,
    who: event.who,
    action: event.action,
    subject: event.subject,
    study_id: event.studyId ?? null,
    old_json: event.oldValue === undefined ? null : JSON.stringify(event.oldValue),
    new_json: event.newValue === undefined ? null : JSON.stringify(event.newValue),
    reason: event.reason ?? null,
    digest: event.digest ?? null,
    previous_hash: head.hash,
  };
  const hash = hashOf(entry);
  await trx
    .insertInto("audit_entry")
    .values({ ...entry, hash })
    .execute();
  await trx.updateTable("audit_head").set({ hash }).execute();
  return entry.seq;
}

export async function readHead(db: Kysely<Schema>): Promise<AuditHead> {
  return await db.selectFrom("audit_head").select(["entries", "hash"]).executeTakeFirstOrThrow();
}

export interface TrailSelection {
  readonly studyId?: number;
  readonly subject?: string;
  /** Only entries after this number. */
  readonly after?: number;
  readonly limit: number;
}

/** Entries of the trail, oldest first. */
export async function readTrail(
  db: Kysely<Schema>,
  { studyId, subject, after = 0, limit }: TrailSelection,
): Promise<AuditEntry[]> {
  let query = db.selectFrom("audit_entry").selectAll().where("seq", ">", after).orderBy("seq").limit(limit);
  if (studyId !== undefined) query = query.where("study_id", "=", studyId);
  if (subject !== undefined) query = query.where("subject", "=", subject);
  return await query.execute();
}

/** Where the chain is broken: an entry that is missing, was changed, or stands in the wrong place. */
export interface ChainFault {
  readonly seq: number;
  readonly problem: string;
}

/** Follows a chain entry by entry; entries must come in the order of their numbers. */
export class ChainFollower {
  #expected: AuditHead = { entries: 0, hash: FIRST_HASH };

  /** What is wrong with the next entry, if anything. Goes on from it as it is, so that one fault is told once. */
  follow(entry: AuditEntry): ChainFault | null {
    const { entries, hash } = this.#expected;
    this.#expected = { entries: entry.seq, hash: entry.hash };
    if (entry.seq !== entries + 1) return { seq: entries + 1, problem: `is missing: the next entry is ${entry.seq}` };
    if (entry.previous_hash !== hash) return { seq: entry.seq, problem: "does not follow from the entry before it" };
    if (entry.hash !== hashOf(entry))
      return { seq: entry.seq, problem: "was changed: its hash does not fit its content" };
    return null;
  }

  /** What is wrong at the end: entries that the head counts and that are not there, or a head of another chain. */
  finish(head: AuditHead): ChainFault | null {
    const { entries, hash } = this.#expected;
    if (head.entries !== entries)
      return {
        seq: Math.min(head.entries, entries) + 1,
        problem: `the trail has ${entries} entries and should have ${head.entries}`,
      };
    return head.hash === hash ? null : { seq: entries, problem: "is not the entry that the trail ended with" };
  }
}

/** Content in a fixed order, so that the hash depends on nothing else. */
function hashOf(entry: Omit<AuditEntry, "hash">): string {
  const { seq, at, who, action, subject, study_id, old_json, new_json, reason, digest, previous_hash } = entry;
  return sha256(
    JSON.stringify([seq, at, who, action, subject, study_id, old_json, new_json, reason, digest, previous_hash]),
  );
}
