import { type Command, Option } from "commander";
import type { AccountRole } from "../server/api/session.ts";
import { consoleOf } from "./console.ts";
import { wholeNumber } from "./options.ts";
import { type WorkspaceOptions, workspaceOption } from "./workspace-options.ts";

export interface ReviewOptions extends WorkspaceOptions {
  readonly port?: number;
  readonly listen: string;
  readonly behindTls?: string;
  readonly open: boolean;
}

const EXAMPLES = `
Opens the review application in the browser: score a folder of images, check what the machine found, read the result. Ctrl-C ends
it; every decision is on the disk before the screen says so.

Only this machine can reach it, and only who has the address that it prints. With accounts, everybody logs in; other machines
can then be let in too. Put TLS in front of it there: without, passwords and images cross the network in the clear.

Examples:
  $ mn review
  $ mn review --workspace laboratory --port 8080 --no-open
  $ mn review account add "A. Admin" --role admin --workspace laboratory
  $ mn review --workspace laboratory --listen 0.0.0.0
  $ mn review --workspace laboratory --behind-tls https://review.laboratory.example`;

const ACCOUNT_EXAMPLES = `
The password is asked for, or read from standard input; it is never an argument, which others could see. Readers label;
reviewers also score, train and adjudicate; admins also keep the accounts.

Examples:
  $ mn review account add "A. Reader" --role reader --workspace laboratory
  $ mn review account add "A. Admin" --role admin --workspace laboratory < password.txt
  $ mn review account list --workspace laboratory
  $ mn review account disable "A. Reader" --workspace laboratory`;

/** `mn review` and `mn review account add|list|disable|enable|password`. */
export function registerReview(program: Command): void {
  const review = program
    .command("review")
    .description("open the review application: see, decide, be done")
    .addOption(workspaceOption())
    .addOption(
      new Option("--port <number>", "port to listen on (default: 4180, or a free one)").argParser(
        wholeNumber(1, 65535),
      ),
    )
    .option(
      "--listen <address>",
      "IP address to listen on; another than this machine's own needs accounts",
      "127.0.0.1",
    )
    .option("--behind-tls <origin>", "https://NAME of the proxy in front that does TLS; needs accounts")
    .option("--no-open", "do not open the browser")
    .addHelpText("after", EXAMPLES)
    .action(async (options: ReviewOptions, command: Command) => {
      const { runReview } = await import("./review-run.ts");
      await runReview(options, consoleOf(command));
    });
  registerAccount(review);
}

function registerAccount(review: Command): void {
  const account = review.command("account").description("who may log in").addHelpText("after", ACCOUNT_EXAMPLES);
  account
    .command("add")
    .description("make an account; asks for its password, or reads it from standard input")
    .argument("<name>", "the person's name, as it will stand in the audit trail")
    .addOption(
      new Option("--role <role>", "what the person may do").choices(["reader", "reviewer", "admin"]).default("reader"),
    )
    .action(async (name: string, { role }: { role: AccountRole }, command: Command) => {
      const { addAccount } = await import("./review-account.ts");
      await addAccount(workspaceOf(command), { name, role }, consoleOf(command));
    });
  account
    .command("list")
    .description("list the accounts")
    .action(async (_options: object, command: Command) => {
      const { listAccounts } = await import("./review-account.ts");
      await listAccounts(workspaceOf(command), consoleOf(command));
    });
  for (const [verb, disabled] of [
    ["disable", true],
    ["enable", false],
  ] as const)
    account
      .command(verb)
      .description(disabled ? "log a person out for good; what was done stays" : "let a disabled account in again")
      .argument("<name>", "of the account")
      .action(async (name: string, _options: object, command: Command) => {
        const { changeAccount } = await import("./review-account.ts");
        await changeAccount(workspaceOf(command), name, { disabled }, consoleOf(command));
      });
  account
    .command("password")
    .description("give an account a new password; its sessions end")
    .argument("<name>", "of the account")
    .action(async (name: string, _options: object, command: Command) => {
      const { changePassword } = await import("./review-account.ts");
      await changePassword(workspaceOf(command), name, consoleOf(command));
    });
}

/** `--workspace` belongs to `mn review` and may stand anywhere behind it. */
function workspaceOf(command: Command): string {
  return command.optsWithGlobals<WorkspaceOptions>().workspace;
}
