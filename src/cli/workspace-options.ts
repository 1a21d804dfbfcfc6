import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { Option } from "commander";
import { UsageError } from "../core/errors.ts";
import { RandomStream } from "../core/random.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** Where the workspace is when nothing else is said. */
const DEFAULT_FOLDER = "workspace";

/** Options of every command that uses a workspace. */
export interface WorkspaceOptions {
  readonly workspace: string;
  readonly by?: string;
}

/** `--workspace FOLDER`. */
export function workspaceOption(): Option {
  return new Option("--workspace <folder>", "folder of the laboratory's studies").default(DEFAULT_FOLDER);
}

/** `--by NAME`, for the audit trail. */
export function byOption(): Option {
  return new Option("--by <name>", "who does this, for the audit trail (default: the user of this computer)");
}

/** Opens the workspace for some work and closes it afterwards, whatever happens. */
export async function withWorkspace<Result>(
  { workspace: folder }: Pick<WorkspaceOptions, "workspace">,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const { Workspace } = await import("../workspace/workspace.ts");
  const workspace = await Workspace.open(folder, clock);
  try {
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

export function clock(): Date {
  return new Date();
}

/** The name that the audit trail will have. Throws WHO_UNKNOWN. */
export function authorOf({ by }: Pick<WorkspaceOptions, "by">): string {
  const name = by?.trim() ?? userName();
  if (name !== "") return name;
  throw new UsageError("WHO_UNKNOWN", "The audit trail needs to know who does this. Give --by NAME.");
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in some containers.
    return "";
  }
}

/** Codes of samples: nobody can foresee them, unless a seed is given. */
export function codeStream(seed: number | undefined): RandomStream {
  return new RandomStream(seed ?? randomUUID());
}
