import { expect } from "vitest";
import { importDrawnStudy } from "./drawn-study.ts";
import { journey, type Laboratory } from "./journey.ts";
import { look } from "./look.ts";
import { type ReaderWindow, sayWhoReads, waitForCell } from "./reader-window.ts";

const STUDY = 1;

async function decide(window: ReaderWindow, first: number, keys: string): Promise<void> {
  for (const [index, key] of [...keys].entries()) {
    await waitForCell(window, first + index);
    await window.page.keyboard.press(key);
  }
}

/** What is judged while the server is away has to be on the screen before. */
async function waitForPictures({ page }: ReaderWindow): Promise<void> {
  const missing = page.locator('img[data-image]:not([data-image="shown"])');
  await expect.poll(() => missing.count(), { timeout: 30_000 }).toBe(0);
}

/** "cell number: finding (number of micronuclei)", in the order of the cells; what was written twice is there twice. */
async function written({ workspace }: Laboratory): Promise<string[]> {
  const rows = await workspace.db
    .selectFrom("label")
    .select(["cell_id", "finding", "micronuclei", "reason"])
    .orderBy("cell_id")
    .orderBy("id")
    .execute();
  return rows.map((row) => `${row.cell_id}: ${row.finding} ${row.reason ?? row.micronuclei}`);
}

journey(
  "the server is killed under a reader: the page says so, takes decisions, and all are there once when it is back",
  async (laboratory) => {
    const window = await laboratory.open("Ana Berg");
    const { page } = window;
    await page.goto(new URL(`/studies/${STUDY}/review/all`, page.url()).href);
    const banner = page.getByText("The server does not answer; your decisions are kept.");
    await decide(window, 1, "0120");
    await waitForPictures(window);
    window.expectFailedRequests();
    // Killed with decisions on their way, answered or not.
    await Promise.all([decide(window, 5, "12"), laboratory.kill()]);
    await banner.waitFor();
    await waitForCell(window, 7);
    await page.keyboard.press("u");
    await page.getByLabel("Or in your own words, then Enter").fill("torn membrane");
    await look(window, "server-gone", []);
    await page.keyboard.press("Enter");
    await decide(window, 8, "30");
    await page.getByText(/^\d not saved yet, kept here$/).waitFor();

    await laboratory.restart();
    await banner.waitFor({ state: "hidden" });
    await page.getByText("9 saved").waitFor();
    await decide(window, 10, "1");
    await page.getByText("10 saved").waitFor();
    const first = "0120120".split("").slice(0, 6);
    const expected = [
      ...first.map((digit, index) => `${index + 1}: ${digit === "0" ? "normal" : "mn"} ${digit}`),
      "7: unscorable torn membrane",
      "8: mn 3",
      "9: normal 0",
      "10: mn 1",
    ];
    expect(await written(laboratory)).toEqual(expected);

    // Killed once more, and the window closed before it is back: what was decided is kept in the browser.
    await waitForPictures(window);
    await laboratory.kill();
    await decide(window, 11, "21");
    await page.getByText("2 not saved yet, kept here").waitFor();
    const other = await page.context().newPage();
    await page.close();
    await laboratory.restart();
    const again = await laboratory.openAnother({ ...window, page: other });
    await sayWhoReads(again, "Ana Berg");
    await again.page.goto(new URL(`/studies/${STUDY}/review/all`, again.page.url()).href);
    await again.page.getByRole("option", { selected: true }).waitFor();
    await again.page.keyboard.press("Home");
    await waitForCell(again, 1);
    await again.page.keyboard.press("f");
    await waitForCell(again, 13);
    await expect.poll(() => written(laboratory)).toEqual([...expected, "11: mn 2", "12: mn 1"]);
  },
  (workspace, folder) =>
    importDrawnStudy(workspace, folder, "Night shift", { "Slide 12": [0, 1, 2, 0, 1, 2, 0, 3, 0, 1, 2, 1, 0, 0] }),
);
