import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { Finding } from "../../src/server/api/cells.ts";
import { importDrawnStudy, scoreStudy } from "./drawn-study.ts";
import { journey, type Laboratory } from "./journey.ts";
import { look } from "./look.ts";
import { focusedCell, type ReaderWindow, waitForCell } from "./reader-window.ts";

/** 30 cells without, 12 with one and 6 with two micronuclei, and four that are something else (`OTHERS`). */
const MICRONUCLEI = Array.from({ length: 52 }, (_, index) => (index < 34 ? 0 : index < 46 ? 1 : 2));
const STUDY = 1;

/** What is asked of an element on the page. */
interface Shown {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  computedStyleMap(): { get(property: string): { toString(): string } };
}

interface Decision {
  readonly keys: readonly string[];
  readonly finding: Finding;
  readonly micronuclei: number | null;
  readonly reason: string | null;
}

/** Of the first four cells by their files' names. */
const OTHERS: readonly Decision[] = [
  { keys: ["m"], finding: "mononucleate", micronuclei: null, reason: null },
  { keys: ["Shift+M"], finding: "multinucleate", micronuclei: null, reason: null },
  { keys: ["u", "2"], finding: "unscorable", micronuclei: null, reason: "Overlapping cells" },
  { keys: ["u", ..."torn", "Enter"], finding: "unscorable", micronuclei: null, reason: "torn" },
];

/** What the reader says of a cell: what was drawn. */
function decisionOn(file: string): Decision {
  const index = Number(/\d+/.exec(file)?.[0]) - 1;
  const other = OTHERS[index];
  if (other !== undefined) return other;
  const micronuclei = MICRONUCLEI[index] ?? 0;
  const normal = { keys: [index % 2 === 0 ? "n" : "0"], finding: "normal" as const, micronuclei: 0, reason: null };
  return micronuclei === 0 ? normal : { ...normal, keys: [String(micronuclei)], finding: "mn", micronuclei };
}

async function colourOf(element: Locator): Promise<string> {
  return await element.evaluate((shown: Shown) => shown.computedStyleMap().get("color").toString());
}

async function press({ page }: ReaderWindow, keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** All that was ever said of the cells, in the order in which it was written. */
async function written({ workspace }: Laboratory) {
  return await workspace.db
    .selectFrom("label")
    .select(["cell_id", "reader", "finding", "micronuclei", "reason", "queue"])
    .orderBy("id")
    .execute();
}

journey(
  "a reviewer decides on 50 cells by keyboard, takes one back, and goes on there after a reload",
  async (laboratory) => {
    const ana = laboratory.as("Ana Berg");
    await scoreStudy(ana, STUDY);
    const { cells } = await ana.cells(STUDY, "all", "&limit=100");
    const decisions = cells.map(({ file }) => decisionOn(file));
    const window = await laboratory.open("Ana Berg");
    const { page } = window;
    await look(window, "start");
    await page.getByRole("link", { name: /Plates 3/ }).press("Enter");
    await page.getByRole("link", { name: "Begin: All cells" }).press("Enter");
    await waitForCell(window, 1);

    const gallery = page.locator("[data-view]");
    const pages = new Set<number>();
    for (const [index, { keys }] of decisions.slice(0, 50).entries()) {
      await waitForCell(window, index + 1);
      pages.add(await gallery.evaluate(({ scrollTop }: Shown) => scrollTop));
      if (index === 20) await press(window, ["9", "z"]);
      if (index === 20) await waitForCell(window, index + 1);
      await press(window, keys);
    }
    await waitForCell(window, 51);
    const rowHeight = ((await page.locator(".grid-row").first().boundingBox())?.height ?? Number.NaN) + 8;
    const [shown, all] = await gallery.evaluate((view: Shown) => [view.clientHeight, view.scrollHeight] as const);
    const wholeRows = Math.floor(shown / rowHeight);
    expect(pages.size, "whole pages are turned").toBeLessThanOrEqual(Math.ceil(all / rowHeight / wholeRows));
    // One more was decided and taken back.
    await page.getByText("50 saved").waitFor();
    const sent = decisions.slice(0, 50).map(({ finding, micronuclei, reason }, index) => {
      const own = { cell_id: cells[index]?.id, reader: "Ana Berg", queue: "all" };
      return { ...own, finding, micronuclei, reason };
    });
    const slip = { ...sent[20], finding: "mn", micronuclei: 9, reason: null };
    const takenBack = { ...slip, finding: "withdrawn", micronuclei: null };
    expect(await written(laboratory)).toEqual([...sent.slice(0, 20), slip, takenBack, ...sent.slice(20)]);

    await look(window, "review-gallery");
    await page.reload();
    await waitForCell(window, 51);
    expect(await focusedCell(window)).toMatch(/^Cell 51 of 52;.*no label of yours/);
    await press(window, decisions[50]?.keys ?? []);
    await waitForCell(window, 52);
    await press(window, decisions[51]?.keys ?? []);
    await page.getByRole("heading", { name: "All cells: done" }).waitFor();
    // 12 + 6 of the 48 cells that count.
    await page.getByText("375.0 ‰").waitFor();
    await look(window, "queue-end");
    const said = page.locator(".said");
    const calm = await colourOf(said);
    await press(window, ["1"]);
    await said.getByText("This is the end of the queue. Nothing was written.").waitFor();
    expect(await colourOf(said), "what was refused stands out").not.toBe(calm);
    await look(window, "refused", []);
    // Nothing is left to read: the page's first button leads to the results.
    await press(window, ["Enter"]);
    const numbers = page.getByRole("row", { name: /^Plates 3 A/ }).getByRole("cell");
    // CBPI of 1 cell with one nucleus, 48 with two, 1 with more: (1 + 2 x 48 + 3) / 50.
    const inNumbers = ["48", "18", "18", "0", expect.stringMatching(/^375\.0 /), "2.00"];
    await expect.poll(() => numbers.allInnerTexts()).toEqual(inNumbers);
    expect((await written(laboratory)).filter(({ finding }) => finding !== "withdrawn")).toHaveLength(53);
    await look(window, "results");
  },
  (workspace, folder) => importDrawnStudy(workspace, folder, "Plates 3", { "Plates 3 A": MICRONUCLEI }),
);

journey(
  "a reviewer looks closely at a cell: maps, what would change the decision, cells that look alike, all keys",
  async (laboratory) => {
    const ana = laboratory.as("Ana Berg");
    await scoreStudy(ana, STUDY);
    const { cells } = await ana.cells(STUDY, "all");
    for (const { id, file } of cells.slice(0, 6)) await ana.label(STUDY, id, Number(/\d+/.exec(file)?.[0]) % 2);
    const window = await laboratory.open("Ana Berg");
    const { page } = window;
    await page.goto(new URL(`/studies/${STUDY}/review/uncertain`, page.url()).href);
    // The queue opens at its first unread cell.
    await page.getByRole("option", { selected: true, name: /no label of yours/ }).waitFor();
    await press(window, ["Home"]);
    await waitForCell(window, 1);
    await press(window, ["Enter"]);
    const about = page.getByRole("complementary", { name: "About this cell" });
    await about.getByText("Called").waitFor();
    await about.getByRole("button", { name: /layer 6/i }).waitFor();
    await press(window, ["a"]);
    const pressed = about.getByRole("button", { pressed: true });
    const first = await pressed.innerText();
    expect(first).not.toMatch(/^Off/);
    await press(window, ["a"]);
    await expect.poll(() => pressed.innerText()).not.toBe(first);
    await look(window, "review-cell", ["light", "dark"]);
    await press(window, ["o"]);
    await about.getByText(/With the marked place covered the probability goes from/).waitFor();
    await about.getByText("Similar cells that were labelled").click();
    await about.getByText(/^Out of [56] labelled cells\.$/).waitFor();
    const panel = await about.boundingBox();
    const similar = await about.getByRole("list").last().boundingBox();
    expect(similar?.y, "what was found is in view").toBeLessThan((panel?.y ?? 0) + (panel?.height ?? 0) - 100);
    await look(window, "review-explained");

    for (const [key, name, picture] of [
      ["?", "Keys", "keys"],
      ["q", "Queues", "queues"],
      ["u", "Why can this cell not be scored?", "reason"],
      ["j", "Jump to a cell", "jump"],
    ] as const) {
      await press(window, [key]);
      await page.getByRole("dialog", { name }).waitFor();
      await look(window, picture, key === "?" ? ["light"] : []);
      await press(window, ["Escape"]);
      await page.getByRole("dialog", { name }).waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "View" }).click();
    await page.getByRole("dialog", { name: "View" }).waitFor();
    await look(window, "view", []);

    // What a click opened does not keep the keys, and what is below the controls stays where it is from cell to cell.
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/\/explanation$/, async (route) => {
      await answered;
      await route.continue();
    });
    const layer = about.getByRole("button", { name: /layer 6/i });
    const top = async () => (await layer.boundingBox())?.y;
    await press(window, ["Escape"]);
    await page.getByRole("dialog", { name: "View" }).waitFor({ state: "detached" });
    await about.evaluate((panel: { scrollTop: number }) => (panel.scrollTop = 0));
    const before = await top();
    await press(window, [" "]);
    await about.getByRole("heading", { name: /^Cell 2 of/ }).waitFor();
    expect(await top()).toBe(before);
    answer();
    await about.getByText(/^Positive from/).waitFor();
    expect(await top()).toBe(before);
  },
  (workspace, folder) => importDrawnStudy(workspace, folder, "Close look", { "Donor 2": [0, 1, 0, 2, 0, 1, 0, 3] }),
);
