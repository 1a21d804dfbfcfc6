import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { registerDatasetImport } from "./dataset-import.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-command-"));
  for (let grey = 0; grey < 5; grey++) {
    await paint(`cells/mn/${grey}.png`, grey);
    await paint(`cells/normal/${grey}.png`, 100 + grey);
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function paint(name: string, grey: number): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: grey, g: grey, b: grey } } }).toFile(path);
}

/** Runs `mn dataset import cells --out data.csv ...`; returns what it wrote to standard output. */
async function runImport(...args: string[]): Promise<string> {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  const dataset = program.command("dataset");
  registerDatasetImport(dataset);
  for (const command of dataset.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  let output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  const line = ["dataset", "import", join(folder, "cells"), "--out", join(folder, "data.csv"), ...args];
  try {
    await program.parseAsync(line, { from: "user" });
  } finally {
    vi.restoreAllMocks();
  }
  return output;
}

test("prints counts, the split and where the manifest is", async () => {
  const output = await runImport();
  expect(output).toContain('10 of 10 cells are usable: 5 "mn" (positive), 5 "normal" (negative).');
  expect(output).toMatch(/train +6 +3 \(60\.0 %\) +3 \(60\.0 %\)/);
  expect(output).toContain(`Manifest: ${join(folder, "data.csv")}, with data.report.md beside it`);
});

test("with --json prints the report as one document", async () => {
  expect(JSON.parse(await runImport("--json"))).toMatchObject({ cells: 10, usable: 10 });
});

test("takes the split's ratios, and refuses what are no three numbers", async () => {
  const { split } = JSON.parse(await runImport("--json", "--split", "4:1:0"));
  expect(split.splits.map((part: { cells: number }) => part.cells)).toEqual([8, 2]);
  await expect(runImport("--split", "6:4")).rejects.toMatchObject({ code: "commander.invalidArgument" });
  await expect(runImport("--where", "source")).rejects.toMatchObject({ code: "commander.invalidArgument" });
});

test("fails on a picture with two labels after writing the rest, unless that is accepted", async () => {
  await paint("cells/normal/copy.png", 0);
  await expect(runImport()).rejects.toMatchObject({
    code: "LABEL_CONFLICTS",
    message: expect.stringMatching(/different labels: 1 time.*mn\/0\.png \(mn\).*normal\/copy\.png \(normal\)/),
  });
  expect((await readFile(join(folder, "data.csv"), "utf8")).split("\n")).toHaveLength(1 + 11 + 1);
  expect(await runImport("--allow-conflicts")).toContain("9 of 11 cells are usable");
});

test("lists the first unreadable images and counts the others", async () => {
  for (let index = 0; index < 7; index++) await writeFile(join(folder, `cells/mn/broken-${index}.png`), "");
  const output = await runImport();
  expect(output).toContain("Cannot be read: 7\n");
  expect(output.match(/^ {2}cells\/mn\/broken-\d\.png: /gm)).toHaveLength(5);
  expect(output).toContain("  and 2 more");
});
