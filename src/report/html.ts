/** Markup that is safe to put into a page. Only `html` makes it, from literal text and escaped values. */
export interface Html {
  readonly markup: string;
}

/** What a template may hold: text is escaped, markup kept, lists joined, nothing left out. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * A template tag for HTML and SVG: html`<p title="${title}">${text}</p>`. Values are escaped for text and for quoted
 * attributes, so no file name or label can become markup.
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  const parts = strings.map((text, index) => text + (index < contents.length ? markupOf(contents[index]) : ""));
  return { markup: parts.join("") };
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "number") return numberText(content);
  if (typeof content === "string") return escapeText(content);
  if ("markup" in content) return content.markup;
  return content.map(markupOf).join("");
}

/** Coordinates to a hundredth: enough for any screen, and the same text on every machine. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} cannot be drawn.`);
  return String(Math.round(value * 100) / 100);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
