/**
 * The `data` of the whole events in a piece of a text/event-stream, and the rest that waits for the next piece.
 *
 * Comments (lines that begin with a colon: the server's sign of life) and other fields are left out.
 * WHATWG HTML, 9.2.6 "Interpreting an event stream".
 */
export function readEvents(text: string): { data: string[]; rest: string } {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  const data = blocks.flatMap((block) => {
    const lines = block.split("\n").filter((line) => line.startsWith("data:"));
    return lines.length === 0 ? [] : [lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n")];
  });
  return { data, rest };
}
