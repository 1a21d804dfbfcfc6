import { expect, test } from "vitest";
import type { Queue } from "../../../../src/server/api/cells.ts";
import { nextQueue } from "./next-queue.ts";

function queue(name: Queue["name"], cells: number, reviewed: number): Queue {
  return { name, cells, reviewed, position: null };
}

test("positive calls come first, until all were read", () => {
  const rest = [queue("uncertain", 500, 3), queue("all", 500, 20), queue("random-negative", 100, 50)];
  expect(nextQueue([...rest, queue("positive", 20, 19)])).toBe("positive");
  expect(nextQueue([...rest, queue("positive", 20, 20)])).toBe("random-negative");
});

test("when everything was read, it can be looked at again", () => {
  expect(nextQueue([queue("all", 5, 5), queue("positive", 2, 2)])).toBe("positive");
});

test("empty queues are no work", () => {
  expect(nextQueue([queue("positive", 0, 0), queue("disagreements", 0, 0)])).toBeNull();
});
