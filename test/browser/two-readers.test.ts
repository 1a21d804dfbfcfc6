import { expect } from "vitest";
import { importDrawnStudy, scoreStudy } from "./drawn-study.ts";
import { journey } from "./journey.ts";
import { look } from "./look.ts";
import { focusedCell, type ReaderWindow, waitForCell } from "./reader-window.ts";

const STUDY = 1;
const SAMPLE = "Culture North";
const DRAWN = [1, 1, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0];
/** Of the twelve cells, in the queue's order: 4 both call positive, 5 both negative, 2 only Ana, 1 only Ben. */
const ANA = "111111000000";
const BEN = "111100000001";

async function read(window: ReaderWindow, digits: string): Promise<void> {
  for (const [index, digit] of [...digits].entries()) {
    await waitForCell(window, index + 1);
    await window.page.keyboard.press(digit);
  }
  await window.page.getByText(`${digits.length} saved`).waitFor();
}

/** Everything that a window is answered from now on, but for pictures and the stream of events. */
async function answersTo({ page }: ReaderWindow): Promise<string[]> {
  const answers: string[] = [];
  await page.route(/\/api\/(?!events)/, async (route) => {
    const response = await route.fetch();
    const isJson = response.headers()["content-type"]?.startsWith("application/json") ?? false;
    if (isJson) answers.push(`${route.request().url()}: ${await response.text()}`);
    await route.fulfill({ response });
  });
  return answers;
}

journey(
  "two readers, the second blinded, disagree on three cells; the first adjudicates; agreement is shown",
  async (laboratory) => {
    await scoreStudy(laboratory.as("Dana Zoll"), STUDY);
    const ana = await laboratory.open("Ana Berg");
    const ben = await laboratory.open("Ben Falk");
    await ana.page.goto(new URL(`/studies/${STUDY}/review/all`, ana.page.url()).href);
    await read(ana, ANA);

    await ben.page.getByRole("link", { name: /Two cultures/ }).click();
    // What the window asks for in the moment in which it is blinded may be refused already.
    ben.expectFailedRequests();
    const [blinded] = await Promise.all([
      ben.page.waitForResponse((response) => response.request().method() === "PUT"),
      ben.page.getByRole("checkbox", { name: "I read this study blinded" }).check(),
    ]);
    await blinded.finished();
    await ben.page.getByRole("row", { name: new RegExp(SAMPLE) }).waitFor({ state: "detached" });
    const study = ben.page.url();
    // Nothing that was asked for before is answered after this.
    await ben.page.goto("about:blank");
    const answers = await answersTo(ben);
    await ben.page.goto(study);
    await ben.page.getByRole("link", { name: "Begin: All cells" }).waitFor();
    await look(ben, "study-blinded");
    await ben.page.getByRole("link", { name: "Begin: All cells" }).click();
    await waitForCell(ben, 1);
    expect(await focusedCell(ben)).toBe("Cell 1 of 12; no label of yours");
    await look(ben, "review-blinded", []);
    await read(ben, BEN);
    await ben.page.keyboard.press("ArrowLeft");
    await ben.page.keyboard.press("Enter");
    await ben.page.getByRole("complementary", { name: "About this cell" }).getByText("1 micronucleus").waitFor();
    const told = answers.join("\n");
    expect(told).toMatch(/\/api\/studies\/1\/cells.*"cells":\[\{/);
    expect(told).toMatch(/\/api\/cells\/\d+\/explanation/);
    const seen = await ben.page.getByRole("main").innerText();
    for (const text of [told, seen]) {
      expect(text).not.toContain("Ana");
      expect(text).not.toContain(SAMPLE);
      expect(text).not.toMatch(/"probability":0|"outcome":"|called (positive|negative)/);
    }
    const refused = ben.page.waitForResponse(/\/result$/);
    await ben.page.getByRole("link", { name: "Results" }).first().click();
    expect((await refused).status()).toBe(403);
    await ben.page.getByRole("heading", { name: "You read this study blinded" }).waitFor();
    await look(ben, "results-blinded", []);

    // Ana's window, open all the time, knows of Ben's readings.
    await ana.page.keyboard.press("q");
    await ana.page
      .getByRole("dialog", { name: "Queues" })
      .getByRole("button", { name: /Disagreements.*0 of 3/ })
      .click();
    const about = ana.page.getByRole("complementary", { name: "About this cell" });
    const readings = about.getByRole("listitem");
    await about.getByText("Readers disagree: decide with the same keys").waitFor();
    await expect
      .poll(async () => (await readings.allInnerTexts()).slice(0, 2).sort())
      .toEqual([
        expect.stringMatching(/^Ben Falk\s+(normal|1 micronucleus)$/),
        expect.stringMatching(/^You\s+(normal|1 micronucleus)$/),
      ]);
    await look(ana, "adjudication");
    for (const digit of "110") {
      const cell = await about.getByRole("heading", { level: 2 }).innerText();
      await ana.page.keyboard.press(digit);
      await expect.poll(async () => await about.getByRole("heading", { level: 2 }).allInnerTexts()).not.toContain(cell);
    }
    await ana.page.getByRole("heading", { name: "Disagreements: done" }).waitFor();
    const decided = await laboratory.workspace.db
      .selectFrom("current_label")
      .innerJoin("label", "label.id", "current_label.label_id")
      .select(["label.reader", "label.finding"])
      .where("label.queue", "=", "disagreements")
      .execute();
    expect(decided.map(({ reader }) => reader)).toEqual(["Ana Berg", "Ana Berg", "Ana Berg"]);
    expect(decided.map(({ finding }) => finding).sort()).toEqual(["mn", "mn", "normal"]);

    await ana.page.getByRole("link", { name: "Results" }).last().click();
    // By hand: po = 9/12; kappa: pe = 6/12 x 5/12 + 6/12 x 7/12 = 0.5; AC1: q = 11/24, pe = 2 q (1 - q) = 0.4965.
    const row = ana.page.getByRole("row", { name: "Ana Berg and Ben Falk" }).getByRole("cell");
    await expect
      .poll(() => row.allInnerTexts())
      .toEqual([
        "12",
        expect.stringMatching(/^75\.0\s%$/),
        expect.stringMatching(/^0\.50 /),
        "0.50",
        expect.stringMatching(/^0\.50 /),
      ]);
    await ana.page.getByText("Readers disagree on 3 cells; 3 of them were decided.").waitFor();
    await look(ana, "agreement");
  },
  (workspace, folder) => importDrawnStudy(workspace, folder, "Two cultures", { [SAMPLE]: DRAWN }),
);
