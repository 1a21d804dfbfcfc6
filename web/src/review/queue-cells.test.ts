import { expect, test } from "vitest";
import type { Cell } from "../../../src/server/api/cells.ts";
import { drawnCell, drawnLabel } from "./drawn-cell.test-data.ts";
import { QueueCells } from "./queue-cells.ts";

/** A queue whose cell at place p has the id 1000 + p. Answers wait for `answer()` where `held`. */
function queue(total: number, held = false) {
  const asked: { offset: number; limit: number; signal: AbortSignal; answer: () => void }[] = [];
  const cells = new QueueCells(
    (offset, limit, signal) =>
      new Promise((resolve, reject) => {
        const count = Math.max(Math.min(limit, total - offset), 0);
        const list = Array.from({ length: count }, (_, step) => drawnCell(1000 + offset + step));
        const answer = (): void => resolve({ queue: "all", total, offset, cells: list });
        signal.addEventListener("abort", () => reject(signal.reason));
        asked.push({ offset, limit, signal, answer });
        if (!held) answer();
      }),
  );
  return { cells, asked };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("only the pages in view and the ones beside them are read, once", async () => {
  const { cells, asked } = queue(100_000);
  cells.show(0, 20);
  await turn();
  cells.show(50_050, 50_070);
  await turn();
  cells.show(50_060, 50_080);
  await turn();
  expect(asked.map(({ offset }) => offset)).toEqual([0, 50_000, 50_100, 49_900]);
  expect(cells.cellAt(50_061)?.id).toBe(51_061);
  expect(cells.placeOf(51_061)).toBe(50_061);
  expect(cells.total).toBe(100_000);
});

test("a page that left the view while it was under way is cancelled, and read again when it is back", async () => {
  const { cells, asked } = queue(100_000, true);
  cells.show(0, 20);
  asked[0]!.answer();
  await turn();
  cells.show(40_000, 40_020);
  cells.show(80_000, 80_020);
  const middle = asked.find(({ offset }) => offset === 40_000);
  expect(middle?.signal.aborted).toBe(true);
  await turn();
  expect(cells.failure).toBeNull();
  cells.show(40_000, 40_020);
  expect(asked.filter(({ offset }) => offset === 40_000)).toHaveLength(2);
});

test("a change is not undone by a page that was asked for before it", async () => {
  const { cells, asked } = queue(50, true);
  cells.show(0, 10);
  asked[0]!.answer();
  await turn();
  cells.refresh();
  const labelled = drawnCell(1003, { ownLabel: drawnLabel({ cellId: 1003 }) });
  cells.apply([labelled]);
  expect(cells.cellAt(3)).toBe(labelled);
  asked[1]!.answer();
  await turn();
  expect(cells.cellAt(3)).toBe(labelled);
  expect(cells.cellAt(4)?.id).toBe(1004);
});

test("a change wakes only those who look at that cell", async () => {
  const { cells } = queue(50);
  cells.show(0, 10);
  await turn();
  const woken: number[] = [];
  for (const place of [2, 3]) cells.subscribe(place, () => woken.push(place));
  cells.apply([drawnCell(1003, { probability: 0.9 })]);
  expect(woken).toEqual([3]);
});

test("memory stays flat: of a long scroll the nearest pages are kept", async () => {
  const { cells } = queue(100_000);
  for (let first = 0; first < 60_000; first += 100) {
    cells.show(first, first + 99);
    await turn();
  }
  const loaded = Array.from({ length: 100_000 }, (_, place) => cells.cellAt(place)).filter(
    (cell) => cell !== undefined,
  );
  expect(loaded.length).toBeLessThanOrEqual(12_000);
  expect(cells.cellAt(59_900)?.id).toBe(60_900);
  expect(cells.cellAt(0)).toBeUndefined();
});

test("after a gap what is in view is read again, while the old cells stay on the screen", async () => {
  const { cells, asked } = queue(1000, true);
  cells.show(0, 10);
  asked[0]!.answer();
  await turn();
  cells.refresh();
  expect(cells.cellAt(0)?.id).toBe(1000);
  expect(asked.map(({ offset }) => offset)).toEqual([0, 0, 100]);
});

test("a search goes on from its place, around the end, through cells that were never in view", async () => {
  const { cells, asked } = queue(1200);
  cells.show(700, 710);
  await turn();
  const wanted = (id: number) => (cell: Cell) => cell.id === id;
  const { signal } = new AbortController();
  expect(await cells.find(650, wanted(1_130), signal)).toBe(130);
  expect(await cells.find(1199, wanted(2_199), signal)).toBe(1199);
  expect(await cells.find(0, () => false, signal)).toBeNull();
  expect(asked.some(({ limit }) => limit === 500)).toBe(true);
});

test("a failed page says why and is read again on demand", async () => {
  let broken = true;
  const cells = new QueueCells(async (offset) => {
    if (broken) throw new Error("no answer");
    return { queue: "all", total: 1, offset, cells: [drawnCell(1)] };
  });
  cells.show(0, 0);
  await turn();
  expect(String(cells.failure)).toContain("no answer");
  broken = false;
  cells.retry();
  await turn();
  expect(cells.failure).toBeNull();
  expect(cells.cellAt(0)?.id).toBe(1);
});
