import { expect, test } from "vitest";
import { readEvents } from "./event-stream.ts";

test("whole events are read and a part of one waits", () => {
  expect(readEvents('data: {"a":1}\n\ndata: {"b":2}\n\ndata: {"c"')).toEqual({
    data: ['{"a":1}', '{"b":2}'],
    rest: 'data: {"c"',
  });
});

test("signs of life and other fields are left out", () => {
  expect(readEvents(": still here\n\nid: 7\nretry: 100\n\nevent: x\ndata: 1\n\n")).toEqual({ data: ["1"], rest: "" });
});

test("lines of one event are joined, whatever ends a line", () => {
  expect(readEvents("data: one\r\ndata:two\r\n\r\n").data).toEqual(["one\ntwo"]);
});

test("an event that arrives letter by letter is read once, when it is whole", () => {
  let text = "";
  const seen: string[] = [];
  for (const letter of "data: abc\n\n") {
    const { data, rest } = readEvents(text + letter);
    seen.push(...data);
    text = rest;
  }
  expect(seen).toEqual(["abc"]);
});
