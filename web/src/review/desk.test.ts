import { expect, test } from "vitest";
import type { Cell, QueueName } from "../../../src/server/api/cells.ts";
import { Desk } from "./desk.ts";
import { drawnCell, drawnLabel } from "./drawn-cell.test-data.ts";
import type { Decision, NewDecision } from "./outbox.ts";
import { QueueCells } from "./queue-cells.ts";
import { DEFAULT_SETTINGS, type ReviewSettings } from "./settings.ts";

interface Given {
  readonly cells?: readonly Cell[];
  readonly place?: number;
  readonly queue?: QueueName;
  readonly settings?: Partial<ReviewSettings>;
  readonly image?: "shown" | "failed" | "absent";
}

/** A desk over a few cells (ids 100, 101, ...), whose outbox only collects. */
async function deskWith({ cells = [0, 1, 2, 3, 4, 5].map((at) => drawnCell(100 + at)), ...given }: Given = {}) {
  const list = new QueueCells(async (offset, limit) => ({
    queue: "all",
    total: cells.length,
    offset,
    cells: cells.slice(offset, offset + limit),
  }));
  list.show(0, 0);
  await new Promise((resolve) => setTimeout(resolve));
  const decisions: Decision[] = [];
  const kept: ReviewSettings[] = [];
  const desk = new Desk({
    studyId: 4,
    queue: given.queue ?? "positive",
    reader: "Anna",
    place: given.place ?? 0,
    cells: list,
    outbox: {
      add: (decision: NewDecision) => {
        const added = { ...decision, key: `key-${decisions.length}`, order: decisions.length };
        decisions.push(added);
        return added;
      },
      pendingOf: (cellId) => decisions.findLast((decision) => decision.cellId === cellId),
    },
    settings: { ...DEFAULT_SETTINGS, ...given.settings },
    keepSettings: (settings) => kept.push(settings),
    imageState: () => given.image ?? "shown",
    now: () => 5000,
  });
  return { desk, decisions, kept };
}

test("a count is written with its cell, reader and queue, and the next cell has the focus", async () => {
  const { desk, decisions } = await deskWith();
  desk.perform({ do: "count", micronuclei: 2 });
  expect(decisions).toMatchObject([
    {
      kind: "label",
      studyId: 4,
      cellId: 100,
      reader: "Anna",
      finding: "mn",
      micronuclei: 2,
      reason: null,
      queue: "positive",
    },
  ]);
  expect(desk.state.place).toBe(1);
  expect(desk.state.said.text).toBe("Cell 1: 2 micronuclei");
});

test("0 and N say the same: normal, no micronucleus", async () => {
  const { desk, decisions } = await deskWith();
  desk.perform({ do: "count", micronuclei: 0 });
  desk.perform({ do: "normal" });
  expect(decisions).toMatchObject([
    { finding: "normal", micronuclei: 0 },
    { finding: "normal", micronuclei: 0 },
  ]);
});

test("without advance the focus stays", async () => {
  const { desk } = await deskWith({ settings: { advance: "stay" } });
  desk.perform({ do: "mononucleate" });
  expect(desk.state.place).toBe(0);
});

test("nobody judges a cell whose image is not on the screen", async () => {
  const { desk, decisions } = await deskWith({ image: "absent" });
  const { revealed } = desk.state;
  desk.perform({ do: "count", micronuclei: 1 });
  desk.perform({ do: "unscorable" });
  expect(decisions).toEqual([]);
  expect(desk.state).toMatchObject({ place: 0, dialog: null });
  expect(desk.state.said).toMatchObject({ text: expect.stringContaining("Nothing was written"), refused: true });
  expect(desk.state.revealed).toBeGreaterThan(revealed);
});

test("where new cells moved the queue under the reader, the key that was meant for another cell writes nothing", async () => {
  const cells = [drawnCell(1), drawnCell(2), drawnCell(3)];
  const { desk, decisions } = await deskWith({ cells });
  desk.goTo(1);
  cells.unshift(drawnCell(9));
  desk.cells.refresh();
  await new Promise((resolve) => setTimeout(resolve));
  desk.perform({ do: "count", micronuclei: 1 });
  expect(decisions).toEqual([]);
  expect(desk.state.said.text).toContain("another cell");
  desk.perform({ do: "count", micronuclei: 1 });
  expect(decisions).toMatchObject([{ cellId: 1 }]);
});

test("a cell without a readable image can be called unscorable, and nothing else", async () => {
  const { desk, decisions } = await deskWith({ cells: [drawnCell(1, { outcome: "unreadable", error: "cut short" })] });
  desk.perform({ do: "count", micronuclei: 1 });
  expect(decisions).toEqual([]);
  desk.perform({ do: "unscorable" });
  expect(desk.state.dialog).toBe("reason");
  desk.decide("unscorable", null, "File damaged");
  expect(decisions).toMatchObject([{ finding: "unscorable", micronuclei: null, reason: "File damaged" }]);
});

const own = drawnLabel({ finding: "normal", micronuclei: 0 });
/** Cells of which those at the places given were read, perhaps in another queue. */
const readAt = (cells: number, ...read: number[]) =>
  Array.from({ length: cells }, (_, at) => drawnCell(100 + at, read.includes(at) ? { ownLabel: own } : {}));
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a decision goes on to the next cell that was not read, and takes no turn around the end", async () => {
  const { desk } = await deskWith({ cells: readAt(6, 1, 2, 4), place: 0 });
  desk.perform({ do: "normal" });
  expect(desk.state).toMatchObject({ place: 3, readsOn: true });
  desk.goTo(5);
  desk.perform({ do: "normal" });
  expect(desk.state.place).toBe(6);
});

test("who corrects a read cell goes on to the very next one, and undo returns to where the decision was", async () => {
  const { desk } = await deskWith({ cells: readAt(6, 1, 2, 3), place: 0 });
  desk.perform({ do: "normal" });
  expect(desk.state.place).toBe(4);
  desk.goTo(1);
  desk.perform({ do: "count", micronuclei: 1 });
  expect(desk.state.place).toBe(2);
  desk.perform({ do: "undo" });
  desk.perform({ do: "undo" });
  expect(desk.state.place).toBe(0);
  desk.perform({ do: "count", micronuclei: 2 });
  // Of cell 2 it is not known yet that its older label stands again.
  expect(desk.state.place).toBe(1);
});

test("with strict advance the next cell is the very next one, read or not; the arrows always are", async () => {
  const { desk } = await deskWith({ cells: readAt(4, 1, 2), settings: { advance: "next" } });
  desk.perform({ do: "normal" });
  expect(desk.state.place).toBe(1);
  desk.change({ advance: "unread" });
  desk.perform({ do: "move", to: "next" });
  expect(desk.state).toMatchObject({ place: 2, readsOn: false });
});

test("a queue opens at the next unread cell where its place was read meanwhile, and at its place where it was not", async () => {
  const { desk } = await deskWith({ cells: readAt(6, 0, 1, 2), place: 1 });
  desk.begin();
  await settled();
  expect(desk.state.place).toBe(3);
  desk.begin();
  await settled();
  expect(desk.state.place).toBe(3);
  const all = await deskWith({ cells: readAt(3, 0, 1, 2), place: 1 });
  all.desk.begin();
  await settled();
  expect(all.desk.state.place).toBe(1);
});

test("no key is taken for the cell that is being left while the next unread one is looked for far away", async () => {
  const { desk, decisions } = await deskWith({ cells: readAt(900, ...Array.from({ length: 700 }, (_, at) => at + 1)) });
  desk.perform({ do: "normal" });
  desk.perform({ do: "count", micronuclei: 3 });
  expect(decisions).toHaveLength(1);
  expect(desk.state.said.text).toContain("Nothing was written");
  await settled();
  expect(desk.state.place).toBe(701);
});

test("while the queue is read again a decision goes on at once: the next key is for the next cell", async () => {
  const { desk, decisions } = await deskWith({ cells: readAt(6, 1) });
  desk.cells.refresh();
  desk.perform({ do: "normal" });
  expect(desk.state.place).toBe(2);
  desk.perform({ do: "count", micronuclei: 1 });
  expect(decisions).toMatchObject([{ cellId: 100 }, { cellId: 102 }]);
});

test("undo takes back this window's decisions one by one, latest first, and shows their cells", async () => {
  const { desk, decisions } = await deskWith();
  desk.perform({ do: "count", micronuclei: 1 });
  desk.perform({ do: "count", micronuclei: 2 });
  desk.perform({ do: "undo" });
  expect(desk.state.place).toBe(1);
  desk.perform({ do: "undo" });
  expect(desk.state.place).toBe(0);
  expect(decisions.slice(2)).toMatchObject([
    { kind: "undo", cellId: 101, takesBack: "key-1" },
    { kind: "undo", cellId: 100, takesBack: "key-0" },
  ]);
  desk.perform({ do: "undo" });
  expect(decisions).toHaveLength(4);
  expect(desk.state.said.text).toContain("nothing of yours");
});

test("undo takes back the own label of an earlier visit on the focused cell, not somebody else's", async () => {
  const cells = [
    drawnCell(1, { label: drawnLabel({ reader: "Ben" }) }),
    drawnCell(2, { label: drawnLabel({ reader: "Ben" }), ownLabel: drawnLabel({ finding: "normal", micronuclei: 0 }) }),
  ];
  const { desk, decisions } = await deskWith({ cells });
  desk.perform({ do: "undo" });
  expect(decisions).toEqual([]);
  desk.goTo(1);
  desk.perform({ do: "undo" });
  expect(decisions).toMatchObject([{ kind: "undo", cellId: 2, takesBack: null }]);
});

test("binucleate takes back mono- and multinucleate, and leaves a count alone", async () => {
  const { desk, decisions } = await deskWith({ settings: { advance: "stay" } });
  desk.perform({ do: "multinucleate" });
  desk.perform({ do: "binucleate" });
  expect(decisions).toMatchObject([{ finding: "multinucleate" }, { kind: "undo", takesBack: "key-0" }]);
  desk.goTo(1);
  desk.perform({ do: "count", micronuclei: 1 });
  desk.perform({ do: "binucleate" });
  expect(decisions).toHaveLength(3);
});

test("rows and screens of the gallery, one cell at a time in the one-cell view", async () => {
  const cells = Array.from({ length: 23 }, (_, at) => drawnCell(at));
  const { desk } = await deskWith({ cells, place: 7 });
  desk.setLayout(5, 2);
  const after = (to: Parameters<typeof desk.perform>[0]): number => {
    desk.perform(to);
    return desk.state.place;
  };
  expect(after({ do: "move", to: "down" })).toBe(12);
  expect(after({ do: "move", to: "page-down" })).toBe(22);
  expect(after({ do: "move", to: "up" })).toBe(17);
  expect(after({ do: "move", to: "first" })).toBe(0);
  expect(after({ do: "move", to: "up" })).toBe(0);
  expect(after({ do: "move", to: "last" })).toBe(22);
  expect(after({ do: "move", to: "down" })).toBe(22);
  desk.perform({ do: "toggle-view" });
  expect(after({ do: "move", to: "up" })).toBe(21);
});

test("after the last cell comes the end of the queue, where nothing can be decided", async () => {
  const { desk, decisions } = await deskWith({ place: 5 });
  desk.perform({ do: "normal" });
  expect(desk.state.place).toBe(6);
  desk.perform({ do: "normal" });
  expect(decisions).toHaveLength(1);
  desk.perform({ do: "move", to: "next" });
  expect(desk.state.place).toBe(6);
  desk.perform({ do: "move", to: "previous" });
  expect(desk.state.place).toBe(5);
});

test("the next unreviewed cell is searched for around the end; decisions on their way count", async () => {
  const cells = [drawnCell(0), drawnCell(1, { ownLabel: own }), drawnCell(2), drawnCell(3, { ownLabel: own })];
  const { desk } = await deskWith({ cells, place: 2 });
  desk.perform({ do: "normal" });
  desk.perform({ do: "next-unreviewed" });
  await new Promise((resolve) => setTimeout(resolve));
  expect(desk.state.place).toBe(0);
  desk.perform({ do: "normal" });
  desk.perform({ do: "next-unreviewed" });
  await new Promise((resolve) => setTimeout(resolve));
  expect(desk.state.said.text).toContain("All 4 cells");
  expect(desk.state.searching).toBe(false);
});

test("a disagreement is reviewed once somebody has decided it, not because one of its readers asks", async () => {
  const { desk } = await deskWith({ queue: "disagreements" });
  const own = drawnLabel({ queue: "positive" });
  expect(desk.isReviewed(drawnCell(1, { label: own, ownLabel: own, disagreement: true }))).toBe(false);
  expect(desk.isReviewed(drawnCell(1, { label: drawnLabel({ reader: "Chris", queue: "disagreements" }) }))).toBe(true);
});

test("the overlay key goes through the maps and off; settings are kept", async () => {
  const { desk, kept } = await deskWith({ settings: { view: "cell" } });
  desk.setMaps(["evidence", "layer6"]);
  const seen = [1, 2, 3].map(() => {
    desk.perform({ do: "cycle-overlay" });
    return desk.state.settings.overlay;
  });
  expect(seen).toEqual(["evidence", "layer6", null]);
  expect(kept.map(({ overlay }) => overlay)).toEqual(["evidence", "layer6", null]);
});

test("another cell is shown whole and without the occlusion map", async () => {
  const { desk } = await deskWith({ settings: { view: "cell" } });
  desk.perform({ do: "zoom-in" });
  desk.perform({ do: "occlusion" });
  expect(desk.state.zoom.scale).toBeCloseTo(2 ** (1 / 3), 12);
  expect(desk.state.occlusion).toBe(true);
  desk.perform({ do: "move", to: "next" });
  expect(desk.state).toMatchObject({ zoom: { scale: 1, x: 0, y: 0 }, occlusion: false });
});
