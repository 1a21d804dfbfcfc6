import { createHash, type Hash } from "node:crypto";
import { type Kysely, type Selectable, sql } from "kysely";
import { type AuditEntry, type AuditHead, ChainFollower, readHead, readTrail } from "./audit-trail.ts";
import { cellContent } from "./import-cells.ts";
import { labelContent } from "./labels.ts";
import type { CurrentLabelTable, Schema } from "./schema.ts";
import { predictionContent } from "./scorings.ts";
import type { Workspace } from "./workspace.ts";

/** Something that does not fit the audit trail. */
export interface AuditFault {
  /** `entry 12`, `cell rows of entry 12`, `sample 3`, ... */
  readonly where: string;
  readonly problem: string;
}

export interface AuditVerification {
  readonly head: AuditHead;
  /** Empty where everything fits. At most `MOST_FAULTS` are listed. */
  readonly faults: readonly AuditFault[];
  readonly checked: { readonly entries: number; readonly rows: number };
}

const MOST_FAULTS = 100;
const ROWS_AT_ONCE = 5_000;

/**
 * Checks the audit trail and everything that it vouches for:
 *
 * - the chain: every entry's hash fits its content and the entry before; none is missing at the end;
 * - cells, predictions and labels: the rows that name an entry have its digest, and none names another;
 * - studies, samples, sources, slides, scorings, draws and readers are as their latest entry says;
 * - the label that counts follows from the labels, the counters from the rows.
 *
 * Who can write to the database can also write a whole new chain. Only a head that was written down elsewhere (`known`,
 * as every report prints it) shows that: it must still be in the chain.
 */
export async function verifyAudit(workspace: Workspace, known: readonly AuditHead[] = []): Promise<AuditVerification> {
  return await workspace.snapshot(async (db) => {
    const faults: AuditFault[] = [];
    const report = (where: string, problem: string): void => {
      if (faults.length < MOST_FAULTS) faults.push({ where, problem });
    };
    const head = await readHead(db);
    const trail = await followTrail(db, head, known, report);
    let rows = 0;
    for (const kind of EVIDENCE) rows += await checkEvidence(db, kind, trail.digests, report);
    for (const [entry, { subject }] of trail.digests) report(`rows of entry ${entry}`, `are missing: ${subject}`);
    for (const table of RECORDS) await checkRecords(db, table, trail.records, report);
    for (const subject of trail.records.keys()) report(subject, "is missing");
    await checkCurrentLabels(db, report);
    await checkCounters(db, report);
    return { head, faults, checked: { entries: trail.entries, rows } };
  });
}

type Report = (where: string, problem: string) => void;

/** A digest that rows must still be found for. */
type OpenDigests = Map<number, { readonly digest: string; readonly subject: string }>;

interface Trail {
  readonly entries: number;
  readonly digests: OpenDigests;
  /** Latest state by subject, as JSON, of everything that an entry has the whole state of. */
  readonly records: Map<string, string>;
}

async function followTrail(
  db: Kysely<Schema>,
  head: AuditHead,
  known: readonly AuditHead[],
  report: Report,
): Promise<Trail> {
  const chain = new ChainFollower();
  const digests: OpenDigests = new Map();
  const records = new Map<string, string>();
  const missing = new Map(known.map(({ entries, hash }) => [entries, hash]));
  let entries = 0;
  for (let after = 0; ; ) {
    const part = await readTrail(db, { after, limit: ROWS_AT_ONCE });
    for (const entry of part) {
      const fault = chain.follow(entry);
      if (fault !== null) report(`entry ${fault.seq}`, fault.problem);
      if (missing.get(entry.seq) === entry.hash) missing.delete(entry.seq);
      if (entry.digest !== null) digests.set(entry.seq, { digest: entry.digest, subject: entry.subject });
      if (isRecord(entry)) records.set(entry.subject, entry.new_json);
      after = entry.seq;
      entries++;
    }
    if (part.length < ROWS_AT_ONCE) break;
  }
  const fault = chain.finish(head);
  if (fault !== null) report(`entry ${fault.seq}`, fault.problem);
  for (const [seq, hash] of missing) report(`entry ${seq}`, `does not have the known hash ${hash}`);
  return { entries, digests, records };
}

const RECORDS = ["study", "sample", "source", "slide", "scoring", "draw", "reader"] as const;

function isRecord(entry: AuditEntry): entry is AuditEntry & { new_json: string } {
  const [kind] = entry.subject.split(" ");
  return entry.digest === null && entry.new_json !== null && RECORDS.some((record) => record === kind);
}

/** Tables whose rows name their entry, each with what its digest covers; rows come in the order of the digest. */
const EVIDENCE = ["cell", "prediction", "label"] as const;
type Evidence = (typeof EVIDENCE)[number];

async function checkEvidence(
  db: Kysely<Schema>,
  kind: Evidence,
  digests: OpenDigests,
  report: Report,
): Promise<number> {
  const hashes = new Map<number, Hash>();
  let count = 0;
  for await (const { entry, content } of evidenceRows(db, kind)) {
    const hash = hashes.get(entry) ?? createHash("sha256");
    hash.update(`${JSON.stringify(content)}\n`);
    hashes.set(entry, hash);
    count++;
  }
  for (const [entry, hash] of hashes) {
    const expected = digests.get(entry);
    digests.delete(entry);
    if (expected === undefined) report(`${kind} rows of entry ${entry}`, "name an entry that does not vouch for them");
    else if (expected.digest !== hash.digest("hex"))
      report(`${kind} rows of entry ${entry}`, `were changed, removed or added (${expected.subject})`);
  }
  return count;
}

interface EvidenceRow {
  readonly entry: number;
  readonly content: (string | number | null)[];
}

async function* evidenceRows(db: Kysely<Schema>, kind: Evidence): AsyncGenerator<EvidenceRow> {
  if (kind === "prediction") return yield* predictionRows(db);
  const content = kind === "cell" ? cellContent : labelContent;
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom(kind)
      .selectAll()
      .where("id", ">", after)
      .orderBy("id")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const row of rows) yield { entry: row.entry, content: content(row as never) };
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function* predictionRows(db: Kysely<Schema>): AsyncGenerator<EvidenceRow> {
  const scorings = await db.selectFrom("prediction").select("scoring_id").distinct().orderBy("scoring_id").execute();
  for (const { scoring_id } of scorings)
    for (let after = 0; ; ) {
      const rows = await db
        .selectFrom("prediction")
        .selectAll()
        .where("scoring_id", "=", scoring_id)
        .where("cell_id", ">", after)
        .orderBy("cell_id")
        .limit(ROWS_AT_ONCE)
        .execute();
      for (const row of rows) yield { entry: row.entry, content: predictionContent(row) };
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.cell_id;
    }
}

async function checkRecords(
  db: Kysely<Schema>,
  table: (typeof RECORDS)[number],
  records: Map<string, string>,
  report: Report,
): Promise<void> {
  const rows = await db.selectFrom(table).selectAll().orderBy("id").execute();
  for (const row of rows) {
    const subject = `${table} ${row.id}`;
    const recorded = records.get(subject);
    records.delete(subject);
    if (recorded === undefined) report(subject, "is in no audit entry");
    else if (!sameRecord(JSON.parse(recorded), row)) report(subject, "is not as its latest audit entry says");
  }
}

/** Counters are no part of a record: they are checked against the rows that they count. */
const COUNTERS = new Set(["cells", "duplicates"]);

function sameRecord(recorded: Readonly<Record<string, unknown>>, row: object): boolean {
  const entries = Object.entries(row).filter(([name]) => !COUNTERS.has(name));
  return entries.every(([name, value]) => recorded[name] === value);
}

/** More than there will ever be labels: rank times this, plus a label's number, has the greatest value for the label that counts. */
const RANK_STEP = 1_000_000_000_000;

/** The label that counts follows from those that stand by the rule of `countingLabel`, here said in SQL. */
async function checkCurrentLabels(db: Kysely<Schema>, report: Report): Promise<void> {
  const labels = await db
    .selectFrom("label")
    .select(["cell_id"])
    .select(
      sql<number>`max(case queue when 'disagreements' then 2 when 'second' then 0 else 1 end * ${sql.lit(RANK_STEP)} + id)`.as(
        "ranked",
      ),
    )
    .where("finding", "!=", "withdrawn")
    .where((where) =>
      where.not(
        where.exists(
          where.selectFrom("label as later").select("later.id").whereRef("later.withdraws", "=", "label.id"),
        ),
      ),
    )
    .groupBy("cell_id")
    .execute();
  const current = new Map(
    (await db.selectFrom("current_label").selectAll().execute()).map((row: Selectable<CurrentLabelTable>) => [
      row.cell_id,
      row.label_id,
    ]),
  );
  for (const { cell_id, ranked } of labels) {
    if (current.get(cell_id) !== Number(ranked) % RANK_STEP)
      report(`cell ${cell_id}`, "counts under another label than it should");
    current.delete(cell_id);
  }
  for (const cell of current.keys()) report(`cell ${cell}`, "counts under a label that does not stand");
}

async function checkCounters(db: Kysely<Schema>, report: Report): Promise<void> {
  const counted = await db
    .selectFrom("cell")
    .select("slide_id")
    .select(({ fn }) => [fn.countAll().as("cells"), fn.count("duplicate_of").as("duplicates")])
    .groupBy("slide_id")
    .execute();
  const bySlide = new Map(
    counted.map(({ slide_id, cells, duplicates }) => [slide_id, [Number(cells), Number(duplicates)]]),
  );
  for (const { id, cells, duplicates } of await db.selectFrom("slide").selectAll().execute()) {
    const [found = 0, twice = 0] = bySlide.get(id) ?? [];
    if (found !== cells || twice !== duplicates)
      report(`slide ${id}`, `has ${found} cells and its counter says ${cells}`);
  }
  const predicted = await db
    .selectFrom("prediction")
    .innerJoin("cell", "cell.id", "prediction.cell_id")
    .select(["prediction.scoring_id", "cell.slide_id", "prediction.outcome"])
    .select(({ fn }) => fn.countAll().as("cells"))
    .groupBy(["prediction.scoring_id", "cell.slide_id", "prediction.outcome"])
    .execute();
  const tally = await db.selectFrom("prediction_tally").selectAll().execute();
  const keyOf = (row: { scoring_id: number; slide_id: number; outcome: string }): string =>
    `scoring ${row.scoring_id}, slide ${row.slide_id}, ${row.outcome}`;
  const byKey = new Map(predicted.map((row) => [keyOf(row), Number(row.cells)]));
  for (const row of tally) {
    if (byKey.get(keyOf(row)) !== row.cells)
      report(keyOf(row), `has ${byKey.get(keyOf(row)) ?? 0} predictions and its counter says ${row.cells}`);
    byKey.delete(keyOf(row));
  }
  for (const key of byKey.keys()) report(key, "has predictions and no counter");
}
