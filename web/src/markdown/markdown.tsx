import { type ReactNode, useMemo } from "react";
import { type Block, type Inline, parseMarkdown } from "./parse-markdown.ts";
import "./markdown.css";

/** Markdown as elements of the page: no HTML of the text ever reaches it. Headings begin at the third level. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="markdown">{blocks.map(blockElement)}</div>;
}

// Parsed text never changes its order: a piece is its place.
function blockElement(block: Block, key: number): ReactNode {
  switch (block.kind) {
    case "heading": {
      const Heading = block.level === 1 ? "h3" : block.level === 2 ? "h4" : "h5";
      return <Heading key={key}>{block.children.map(inlineElement)}</Heading>;
    }
    case "paragraph":
      return <p key={key}>{block.children.map(inlineElement)}</p>;
    case "code":
      return (
        <pre key={key}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return <blockquote key={key}>{block.blocks.map(blockElement)}</blockquote>;
    case "list": {
      const List = block.ordered ? "ol" : "ul";
      return <List key={key}>{block.items.map(itemElement)}</List>;
    }
    case "table":
      return <TableElement key={key} head={block.head} rows={block.rows} />;
    case "rule":
      return <hr key={key} />;
  }
}

function itemElement(item: Inline[], key: number): ReactNode {
  return <li key={key}>{item.map(inlineElement)}</li>;
}

function TableElement({ head, rows }: { head: Inline[][]; rows: Inline[][][] }) {
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            {head.map((cell, key) =>
              cell.length === 0 ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: parsed text keeps its order
                <td key={key} />
              ) : (
                // biome-ignore lint/suspicious/noArrayIndexKey: parsed text keeps its order
                <th key={key} scope="col">
                  {cell.map(inlineElement)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, key) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parsed text keeps its order
            <tr key={key}>
              {row.map((cell, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: parsed text keeps its order
                <td key={place}>{cell.map(inlineElement)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlineElement(piece: Inline, key: number): ReactNode {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "code":
      return <code key={key}>{piece.text}</code>;
    case "strong":
      return <strong key={key}>{piece.children.map(inlineElement)}</strong>;
    case "emphasis":
      return <em key={key}>{piece.children.map(inlineElement)}</em>;
    case "link":
      return piece.href === null ? (
        <span key={key}>{piece.children.map(inlineElement)}</span>
      ) : (
        <a key={key} href={piece.href} target="_blank" rel="noreferrer noopener">
          {piece.children.map(inlineElement)}
        </a>
      );
  }
}
