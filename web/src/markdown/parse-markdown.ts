/** A piece of a line. `href` is only ever an http or https address. */
export type Inline =
  | { kind: "text" | "code"; text: string }
  | { kind: "strong" | "emphasis"; children: Inline[] }
  | { kind: "link"; href: string | null; children: Inline[] };

export type Block =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

/** What begins a block that a paragraph does not swallow. */
const STARTS = /^(#{1,6} |```|>|[-*+] |\d+[.)] |\||(-{3,}|\*{3,})\s*$)/;
const ITEM = /^(?:[-*+]|\d+[.)]) +/;
const TABLE_RULE = /^\|?[\s:|-]+\|?$/;

/**
 * The part of Markdown that model cards use: headings, paragraphs, lists of one level, tables, code, quotes, rules; in a
 * line code, strong, emphasis and links. Anything else, HTML too, stays the text that it is. Front matter is left out.
 */
export function parseMarkdown(text: string): Block[] {
  return parseBlocks(
    text
      .replaceAll("\r\n", "\n")
      .replace(/^---\n[\s\S]*?\n---\n/, "")
      .split("\n"),
  );
}

function parseBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let place = 0;
  while (place < lines.length) {
    if (lines[place]?.trim() === "") {
      place++;
      continue;
    }
    const [block, length] = parseBlock(lines.slice(place));
    blocks.push(block);
    place += length;
  }
  return blocks;
}

/** The first block of the lines, none of which before its end is empty, and how many lines it takes. */
function parseBlock(lines: readonly string[]): [Block, number] {
  const [first = ""] = lines;
  const heading = /^(#{1,6}) +(.*?) *#*$/.exec(first);
  if (heading !== null)
    return [{ kind: "heading", level: heading[1]?.length ?? 1, children: parseInline(heading[2] ?? "") }, 1];
  if (first.startsWith("```")) return parseCode(lines);
  if (/^(-{3,}|\*{3,})\s*$/.test(first)) return [{ kind: "rule" }, 1];
  if (first.startsWith(">")) {
    const quoted = leading(lines, (line) => line.startsWith(">"));
    return [{ kind: "quote", blocks: parseBlocks(quoted.map((line) => line.replace(/^> ?/, ""))) }, quoted.length];
  }
  if (first.startsWith("|") && TABLE_RULE.test(lines[1] ?? "")) return parseTable(lines);
  if (ITEM.test(first)) return parseList(lines);
  const body = [first, ...leading(lines.slice(1), (line) => line.trim() !== "" && !STARTS.test(line))];
  return [{ kind: "paragraph", children: parseInline(body.map((line) => line.trim()).join(" ")) }, body.length];
}

function parseCode(lines: readonly string[]): [Block, number] {
  const body = leading(lines.slice(1), (line) => !line.startsWith("```"));
  return [{ kind: "code", text: body.join("\n") }, Math.min(lines.length, body.length + 2)];
}

function parseTable(lines: readonly string[]): [Block, number] {
  const table = leading(lines, (line) => line.startsWith("|"));
  const [head = [], , ...rows] = table.map(cellsOf);
  return [{ kind: "table", head, rows }, table.length];
}

function cellsOf(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => parseInline(cell.trim()));
}

function parseList(lines: readonly string[]): [Block, number] {
  const ordered = /^\d/.test(lines[0] ?? "");
  const body = leading(lines, (line) => ITEM.test(line) || /^\s+\S/.test(line));
  const items: string[] = [];
  for (const line of body) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  return [{ kind: "list", ordered, items: items.map(parseInline) }, body.length];
}

const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

export function parseInline(text: string): Inline[] {
  const pieces: Inline[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, emphasis, name, target] = match;
    if (match.index > end) pieces.push({ kind: "text", text: text.slice(end, match.index) });
    if (code !== undefined) pieces.push({ kind: "code", text: code });
    else if (strong !== undefined) pieces.push({ kind: "strong", children: parseInline(strong) });
    else if (emphasis !== undefined) pieces.push({ kind: "emphasis", children: parseInline(emphasis) });
    else pieces.push({ kind: "link", href: safeAddress(target ?? ""), children: parseInline(name ?? "") });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push({ kind: "text", text: text.slice(end) });
  return pieces;
}

/** Only whole web addresses: a card cannot run a script, nor point into the workspace's server. */
function safeAddress(target: string): string | null {
  return /^https?:\/\//i.test(target) ? target : null;
}

function leading(lines: readonly string[], belongs: (line: string) => boolean): string[] {
  const end = lines.findIndex((line) => !belongs(line));
  return lines.slice(0, end === -1 ? lines.length : end);
}
