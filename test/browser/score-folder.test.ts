import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { cellFile, drawCells } from "./drawn-cells.ts";
import { journey, type Laboratory } from "./journey.ts";
import { look } from "./look.ts";

const MICRONUCLEI = Array.from({ length: 24 }, (_, index) => (index % 4 === 0 ? 1 + (index % 3) : 0));

/** As the operating system's own drag of a folder or files over the window. */
async function drop(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 640, y: 400, data });
}

/** What the model said of the cells, as it is in the database. */
async function outcomes({ workspace }: Laboratory): Promise<string[]> {
  const rows = await workspace.db.selectFrom("prediction").select("outcome").execute();
  return rows.map(({ outcome }) => outcome);
}

journey("a new user drops a folder, sees its cells scored, and reads the frequency", async (laboratory) => {
  const donor = join(laboratory.folder, "Donor 7");
  await drawCells(donor, "Donor 7", MICRONUCLEI);
  await copyFile(join(donor, cellFile(1)), join(donor, "cell-98.png"));
  await writeFile(join(donor, "cell-99.png"), "not an image");
  await writeFile(join(donor, "notes.txt"), "from the microscope");
  const window = await laboratory.open("Ana Berg");
  const { page } = window;
  expect(page.url(), "the token does not stay in the address").not.toContain("token");
  await page.getByRole("heading", { name: "Drop a folder of cell images here" }).waitFor();
  await look(window, "welcome");

  await drop(page, donor);
  const dialog = page.getByRole("dialog", { name: "Score images" });
  await dialog.getByText("26 images").waitFor();
  await dialog.getByText("1 other file will not be sent.").waitFor();
  expect(await dialog.getByLabel("Sample").inputValue()).toBe("Donor 7");
  await dialog.getByLabel("Name of the new study").fill("Dose check");
  await look(window, "upload");
  await dialog.getByRole("button", { name: "Upload and score" }).click();

  await page.getByRole("heading", { name: "Dose check" }).waitFor();
  await expect.poll(() => outcomes(laboratory), { timeout: 60_000 }).toHaveLength(25);
  await page.getByRole("link", { name: "Begin: Called positive" }).waitFor();
  const found = await outcomes(laboratory);
  const count = (outcome: string): number => found.filter((one) => one === outcome).length;
  expect(count("unreadable")).toBe(1);
  const numbers = page.getByRole("region", { name: "Progress in numbers" });
  await expect.poll(() => numbers.innerText()).toMatch(/Cells\s+26\s+1 sample, 1 slide\s+Scored\s+\d+\s+1 duplicate/);
  await look(window, "study", ["light", "dark"]);

  await page.getByRole("link", { name: "Results" }).first().click();
  await page.getByRole("img", { name: /^Frequency of every sample/ }).waitFor();
  const cells = page.getByRole("row", { name: /^Donor 7/ }).getByRole("cell");
  const [binucleated, withMicronuclei, , , perThousand] = await cells.allInnerTexts();
  const [positives, counted] = [count("positive"), count("positive") + count("negative")];
  expect([binucleated, withMicronuclei]).toEqual([String(counted), String(positives)]);
  const [value, low, high] = (perThousand ?? "").match(/[\d.,]+/g)?.map((part) => Number(part.replace(",", ""))) ?? [];
  expect(value).toBeCloseTo((1000 * positives) / counted, 1);
  expect(low).toBeLessThan(value!);
  expect(high).toBeGreaterThan(value!);
  const [report] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("link", { name: "Open the report" }).click(),
  ]);
  await report.getByRole("heading", { level: 1 }).waitFor();
  expect(await report.innerText("body")).toContain("Donor 7");

  await page.goto(new URL("/studies/1/review/unreadable", page.url()).href);
  const unread = page.getByRole("option", { name: /cell-99\.png: The file "cell-99\.png" starts with the bytes/ });
  await unread.getByText("Donor 7/cell-99.png", { exact: true }).waitFor();
  await look(window, "unreadable", []);

  // A folder of folders, dropped on the study's page: each becomes a sample of this study.
  const plates = join(laboratory.folder, "Plates");
  for (const name of ["Donor 8", "Donor 9"]) await drawCells(join(plates, name), name, [0, 1]);
  await page.goto(new URL("/studies/1", page.url()).href);
  await page.getByRole("row", { name: /^Donor 7/ }).waitFor();
  await drop(page, plates);
  await dialog.getByText("4 images").waitFor();
  expect(await dialog.getByLabel("The 2 folders are").inputValue()).toBe("samples");
  await look(window, "upload-folders", []);
  await dialog.getByRole("button", { name: "Upload and score" }).click();
  for (const name of ["Donor 8", "Donor 9"]) await page.getByRole("row", { name: new RegExp(`^${name}`) }).waitFor();
  await expect.poll(() => outcomes(laboratory), { timeout: 60_000 }).toHaveLength(29);

  // An audit that is drawn again grows by what is asked for.
  for (const [more, inAll] of [
    [2, 2],
    [3, 5],
  ] as const) {
    await page.goto(new URL("/studies/1", page.url()).href);
    await page.getByRole("button", { name: "Draw a sample …" }).click();
    const audit = page.getByRole("dialog", { name: "Draw an audit sample" });
    await audit.getByLabel("Cells to draw").fill(String(more));
    await audit.getByRole("button", { name: "Draw and read" }).click();
    await page
      .getByRole("option", { name: new RegExp(`^Cell \\d of ${inAll};`) })
      .first()
      .waitFor();
  }
});
