import { type Command, InvalidArgumentError } from "commander";
import { MicronucleiError } from "../core/errors.ts";
import type { AuditEntry, AuditHead } from "../workspace/audit-trail.ts";
import type { AuditVerification } from "../workspace/audit-verify.ts";
import { consoleOf, formatTable } from "./console.ts";
import { wholeNumber } from "./options.ts";
import { type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const VERIFY_HELP = `
Every entry of the audit trail carries the hash of the one before, and every cell, prediction, label, sample and study is vouched for by
an entry. Found are entries and rows that were changed, removed, added or put in another order. Who can write to the database
could make a whole new chain: compare with the last entry's number and hash as an earlier report printed it.

Examples:
  $ mn audit verify --workspace laboratory
  $ mn audit verify --known 52:9f0c...e1 --workspace laboratory`;

const SHOW_HELP = `
Examples:
  $ mn audit show --study S-2026-014
  $ mn audit show --subject "cell 1734" --json`;

/** Characters of a value in the list on the screen; --json has all. */
const SHOWN_CHARACTERS = 60;

/** `mn audit verify|show`. */
export function registerAudit(program: Command): void {
  const audit = program.command("audit").description("check or read the audit trail of a workspace");
  audit
    .command("verify")
    .description("find what was changed behind the audit trail's back")
    .option("--known <number:hash>", "an entry as a report printed it; may be repeated", collectHead, [])
    .addOption(workspaceOption())
    .addHelpText("after", VERIFY_HELP)
    .action(async (options: WorkspaceOptions & { known: readonly AuditHead[] }, command: Command) => {
      const { verifyAudit } = await import("../workspace/audit-verify.ts");
      const verification = await withWorkspace(options, (workspace) => verifyAudit(workspace, options.known));
      const console = consoleOf(command);
      if (verification.faults.length === 0) {
        console.result(verification, describe(verification));
        return;
      }
      console.print(describe(verification));
      const [first] = verification.faults;
      throw new MicronucleiError(
        "AUDIT_BROKEN",
        `The workspace does not fit its audit trail: ${verification.faults.length} fault(s), the first: ${first?.where} ${first?.problem}. ` +
          "Keep a copy of it as it is, and compare with a backup.",
      );
    });
  registerShow(audit);
}

function registerShow(audit: Command): void {
  audit
    .command("show")
    .description("print entries of the audit trail, oldest first")
    .option("--study <name>", "only of this study")
    .option("--subject <what>", 'only of this thing, such as "sample 3" or "cell 1734"')
    .option("--after <number>", "only entries after this one", wholeNumber(0), 0)
    .option("--limit <number>", "at most so many", wholeNumber(1), 200)
    .addOption(workspaceOption())
    .addHelpText("after", SHOW_HELP)
    .action(async (options: ShowOptions, command: Command) => {
      const { readTrail } = await import("../workspace/audit-trail.ts");
      const { findStudy } = await import("../workspace/study.ts");
      const entries = await withWorkspace(options, async ({ db }) => {
        const { study, subject, after, limit } = options;
        const studyId = study === undefined ? undefined : (await findStudy(db, study)).id;
        return await readTrail(db, {
          after,
          limit,
          ...(studyId !== undefined && { studyId }),
          ...(subject !== undefined && { subject }),
        });
      });
      consoleOf(command).result(
        { entries },
        formatTable([["entry", "at", "who", "what", "reason", "new value"], ...entries.map(entryRow)]),
      );
    });
}

type ShowOptions = WorkspaceOptions & {
  readonly study?: string;
  readonly subject?: string;
  readonly after: number;
  readonly limit: number;
};

function entryRow({ seq, at, who, action, subject, reason, new_json }: AuditEntry): (string | number)[] {
  const value = new_json ?? "";
  const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}...` : value;
  return [seq, at, who, `${action}: ${subject}`, reason ?? "", shown];
}

function describe({ head, faults, checked }: AuditVerification): string {
  const found = `${checked.entries} entries and ${checked.rows} rows checked. Last entry: ${head.entries}:${head.hash}`;
  if (faults.length === 0) return `The workspace fits its audit trail. ${found}`;
  return [found, ...faults.map(({ where, problem }) => `  ${where} ${problem}`)].join("\n");
}

function collectHead(text: string, heads: readonly AuditHead[]): AuditHead[] {
  const [, entries, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (entries === undefined || hash === undefined)
    throw new InvalidArgumentError("Expected NUMBER:HASH as a report prints it, the hash with 64 digits.");
  return [...heads, { entries: Number(entries), hash }];
}
