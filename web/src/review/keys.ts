/** Everything that a key, a button or a gesture can ask for on the review screen. */
export type Action =
  | { readonly do: "count"; readonly micronuclei: number }
  | { readonly do: "normal" | "mononucleate" | "multinucleate" | "binucleate" | "unscorable" }
  | { readonly do: "move"; readonly to: Move }
  | { readonly do: "undo" | "toggle-view" | "back" | "next-unreviewed" | "jump" | "queues" | "keys" }
  | { readonly do: "cycle-overlay" | "occlusion" | "zoom-in" | "zoom-out" | "zoom-reset" | "fainter" | "stronger" };

export type Move = "next" | "previous" | "up" | "down" | "page-up" | "page-down" | "first" | "last";

/** The part of a keyboard event that decides what a key means. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Held down. */
  readonly repeat: boolean;
}

const MOVES: Readonly<Record<string, Move>> = {
  ArrowRight: "next",
  ArrowLeft: "previous",
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "page-up",
  PageDown: "page-down",
  Home: "first",
  End: "last",
};

const SIGNS: Readonly<Record<string, Action>> = {
  Enter: { do: "toggle-view" },
  Escape: { do: "back" },
  "?": { do: "keys" },
  "+": { do: "zoom-in" },
  "=": { do: "zoom-in" },
  "-": { do: "zoom-out" },
  _: { do: "zoom-out" },
  "[": { do: "fainter" },
  "]": { do: "stronger" },
};

const LETTERS: Readonly<Record<string, Action>> = {
  n: { do: "normal" },
  u: { do: "unscorable" },
  b: { do: "binucleate" },
  m: { do: "mononucleate" },
  z: { do: "undo" },
  g: { do: "toggle-view" },
  f: { do: "next-unreviewed" },
  j: { do: "jump" },
  q: { do: "queues" },
  a: { do: "cycle-overlay" },
  o: { do: "occlusion" },
  r: { do: "zoom-reset" },
};

/** What may go on while a key is held: a decision never does, or one heavy finger would label a row of cells. */
const REPEATABLE = new Set<Action["do"]>(["move", "zoom-in", "zoom-out", "fainter", "stronger"]);

/** What a key asks for; null where it is none of ours, so that the browser keeps its own. */
export function actionOfKey(press: KeyPress): Action | null {
  const action = press.ctrlKey || press.metaKey || press.altKey ? withModifier(press) : plain(press);
  return action !== null && press.repeat && !REPEATABLE.has(action.do) ? null : action;
}

/** Ctrl + Z is undo for everybody; on many layouts brackets and signs need AltGr, which arrives as Ctrl + Alt. */
function withModifier({ key, ctrlKey, metaKey, altKey }: KeyPress): Action | null {
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === "z" ? { do: "undo" } : null;
  return altKey && !metaKey && (key === "[" || key === "]") ? (SIGNS[key] ?? null) : null;
}

function plain(press: KeyPress): Action | null {
  const count = countOf(press);
  if (count !== null) return { do: "count", micronuclei: count };
  if (press.key === " ") return { do: "move", to: press.shiftKey ? "previous" : "next" };
  const move = MOVES[press.key];
  if (move !== undefined) return { do: "move", to: move };
  return SIGNS[press.key] ?? letterAction(press);
}

/** The digit on the key, or where the digits need Shift (French layouts), the place of the key in the digit row. */
function countOf({ key, code, shiftKey }: KeyPress): number | null {
  if (/^[0-9]$/.test(key)) return Number(key);
  const place = /^Digit([0-9])$/.exec(code)?.[1];
  return place === undefined || shiftKey ? null : Number(place);
}

/** The Latin letter on the key, or on a layout without Latin letters the one at its place. */
function letterAction({ key, code, shiftKey }: KeyPress): Action | null {
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase();
  if (letter === "m" && shiftKey) return { do: "multinucleate" };
  return LETTERS[letter ?? ""] ?? null;
}

/** One line of the list of keys. */
export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: string;
}

/** All keys, as the list behind `?` shows them. */
export const KEY_HELP: readonly { readonly title: string; readonly rows: readonly KeyHelp[] }[] = [
  {
    title: "Decide",
    rows: [
      { keys: ["0", "…", "9"], does: "Number of micronuclei (0 is normal)" },
      { keys: ["N"], does: "Normal: binucleated, no micronucleus" },
      { keys: ["M"], does: "Mononucleate: not counted as binucleated" },
      { keys: ["Shift", "M"], does: "Multinucleate (three nuclei or more)" },
      { keys: ["B"], does: "Binucleated after all: takes back mononucleate or multinucleate" },
      { keys: ["U"], does: "Unscorable, with a reason: 1 to 6, or your own words" },
      { keys: ["Z"], does: "Take back the last decision" },
    ],
  },
  {
    title: "Move",
    rows: [
      { keys: ["←", "→", "↑", "↓"], does: "Cell by cell, row by row" },
      { keys: ["Space"], does: "Next cell (with Shift: the one before)" },
      { keys: ["F"], does: "Next cell not reviewed yet" },
      { keys: ["J"], does: "Jump to a number" },
      { keys: ["Home", "End"], does: "First and last cell" },
      { keys: ["PgUp", "PgDn"], does: "A screen up or down" },
      { keys: ["Q"], does: "Choose another queue" },
    ],
  },
  {
    title: "Look",
    rows: [
      { keys: ["G"], does: "Gallery or one cell (also Enter, double click)" },
      { keys: ["+", "−"], does: "Zoom; in the gallery: larger or smaller cells" },
      { keys: ["R"], does: "Whole cell again" },
      { keys: ["A"], does: "Overlay: where the model looked, layer by layer, off" },
      { keys: ["O"], does: "What would change the decision (occlusion)" },
      { keys: ["[", "]"], does: "Overlay fainter or stronger" },
      { keys: ["?"], does: "This list" },
    ],
  },
];
