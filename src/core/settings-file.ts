import { readFile } from "node:fs/promises";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { describeError, UsageError } from "./errors.ts";

/** The line, from 1, of the setting at a path of names and indices, or of what is nearest around it; null where none is known. */
export type LineOf = (path: readonly PropertyKey[]) => number | null;

/** For settings that come from no file. */
export const NO_LINES: LineOf = () => null;

/** A settings file as it was written: YAML, of which JSON is a part. */
export interface SettingsFile {
  readonly value: Readonly<Record<string, unknown>>;
  readonly lineOf: LineOf;
}

/** Reads a settings file in YAML 1.2 or JSON. Throws SETTINGS_UNREADABLE with the line. */
export async function readSettingsFile(path: string): Promise<SettingsFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError("SETTINGS_UNREADABLE", `${path} cannot be read: ${describeError(error)}.`, { cause: error });
  }
  return parseSettingsFile(text, path);
}

/** As readSettingsFile, of a text; `path` names it in messages. */
export function parseSettingsFile(text: string, path: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    // The parser's own message goes on with the place and a picture of it.
    const [reason] = broken.message.split(/ at line \d+/);
    throw new UsageError(
      "SETTINGS_UNREADABLE",
      `${path} is not readable YAML or JSON, line ${line}, column ${col}: ${reason}.`,
      { cause: broken },
    );
  }
  const value = contentOf(document, path);
  if (isMap(document.contents)) {
    return { value: value as Record<string, unknown>, lineOf: (at) => lineAt(document, lines, at) };
  }
  throw new UsageError(
    "SETTINGS_UNREADABLE",
    `${path} holds no settings. Expected names with values, such as "epochs: 15".`,
  );
}

/** Throws SETTINGS_UNREADABLE where an alias names nothing, or names too much. */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new UsageError("SETTINGS_UNREADABLE", `${path} is not readable YAML: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

function lineAt(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  let node: unknown = document.contents;
  let line: number | null = null;
  for (const name of path) {
    const found = partOf(isAlias(node) ? node.resolve(document) : node, name);
    if (found === undefined) return line;
    const start = found.named.range?.[0];
    if (start !== undefined) line = lines.linePos(start).line;
    node = found.value;
  }
  return line;
}

/** The part of a map or a list under a name, and the node whose line a reader looks for: a map's name, a list's value. */
function partOf(node: unknown, name: PropertyKey): { readonly named: Node; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
    return isNode(pair?.key) ? { named: pair.key, value: pair.value } : undefined;
  }
  const item = isSeq(node) ? node.items[Number(name)] : undefined;
  return isNode(item) ? { named: item, value: item } : undefined;
}

/** What is wrong with settings that a schema refused, one line each: where, which setting, and what was expected. */
export function describeProblems({ issues }: z.ZodError, lineOf: LineOf): string {
  return issues
    .flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ path: [...issue.path, key], message: "There is no such setting" }))
        : [issue],
    )
    .map(({ path, message }) => {
      const line = lineOf(path);
      return `\n  ${line === null ? "" : `line ${line}: `}${path.length === 0 ? "" : `${path.join(".")}: `}${message}`;
    })
    .join("");
}
