import { expect, test } from "vitest";
import card from "../../../models/README.md?raw";
import { parseInline, parseMarkdown } from "./parse-markdown.ts";

test("blocks are told apart", () => {
  const blocks = parseMarkdown(
    "# Title\nA line\nand more.\n- one\n  goes on\n- two\n\n> said\n\n```\na  b\n```\n---\nEnd",
  );
  expect(blocks.map(({ kind }) => kind)).toEqual([
    "heading",
    "paragraph",
    "list",
    "quote",
    "code",
    "rule",
    "paragraph",
  ]);
  expect(blocks[1]).toEqual({ kind: "paragraph", children: [{ kind: "text", text: "A line and more." }] });
  expect(blocks[2]).toMatchObject({ ordered: false, items: [[{ text: "one goes on" }], [{ text: "two" }]] });
  expect(blocks[4]).toEqual({ kind: "code", text: "a  b" });
});

test("a table has a head and rows", () => {
  expect(parseMarkdown("| a | b |\n| --- | --: |\n| 1 | `2` |")).toEqual([
    {
      kind: "table",
      head: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }]],
      rows: [[[{ kind: "text", text: "1" }], [{ kind: "code", text: "2" }]]],
    },
  ]);
});

test("marks in a line nest, and what is in code is left as it is", () => {
  expect(parseInline("**bold `x*y*`** and *so*")).toEqual([
    {
      kind: "strong",
      children: [
        { kind: "text", text: "bold " },
        { kind: "code", text: "x*y*" },
      ],
    },
    { kind: "text", text: " and " },
    { kind: "emphasis", children: [{ kind: "text", text: "so" }] },
  ]);
});

test.each(["javascript:void", "data:text/html,x", "../docs/results.md", "//evil.example"])(
  "a link to %s leads nowhere",
  (target) => {
    expect(parseInline(`[here](${target})`)).toMatchObject([{ kind: "link", href: null }]);
  },
);

test("HTML stays text", () => {
  expect(parseMarkdown("<script>alert(1)</script>")).toEqual([
    { kind: "paragraph", children: [{ kind: "text", text: "<script>alert(1)</script>" }] },
  ]);
});

test("front matter is left out", () => {
  expect(parseMarkdown("---\nlicense: x\n---\n# T").map(({ kind }) => kind)).toEqual(["heading"]);
});

test.each(["```", "|", "- ", ">", "#", "| a |\n", "***", "1."])("the unfinished %j ends", (text) => {
  expect(parseMarkdown(text).length).toBeLessThanOrEqual(1);
});

test("the card of the model in the box is read whole: every table and every heading", () => {
  const blocks = parseMarkdown(card);
  const tables = card.match(/^\|[ -]*---.*$/gm)?.length ?? 0;
  expect(blocks.filter(({ kind }) => kind === "table")).toHaveLength(tables);
  expect(blocks.filter(({ kind }) => kind === "heading")).toHaveLength(card.match(/^#+ /gm)?.length ?? 0);
});
