import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { registerDatasetSynthesize } from "./dataset-synthesize.ts";

afterEach(() => vi.restoreAllMocks());

function createDatasetCommand(): Command {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  const dataset = program.command("dataset").exitOverride();
  registerDatasetSynthesize(dataset);
  for (const command of dataset.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  return program;
}

test("mn dataset synthesize draws as many cells as asked and prints one JSON document", async () => {
  const root = await mkdtemp(join(tmpdir(), "synthesize-"));
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const out = join(root, "drawn");
    const args = ["dataset", "synthesize", "--out", out, "--cells", "5", "--side", "48", "--stain", "dapi", "--json"];
    await createDatasetCommand().parseAsync(args, { from: "user" });
    expect(JSON.parse(written.join(""))).toEqual({
      cells: 5,
      positives: 2,
      fields: 5,
      manifest: join(out, "manifest.csv"),
    });
    expect((await readFile(join(out, "manifest.csv"), "utf8")).trim().split("\n")).toHaveLength(6);
  } finally {
    await rm(root, { recursive: true });
  }
});

test("wrong usage is refused: no folder, no such stain, a prevalence above 1", async () => {
  for (const args of [
    ["--cells", "5"],
    ["--out", "x", "--cells", "5", "--stain", "feulgen"],
    ["--out", "x", "--cells", "5", "--prevalence", "2"],
  ])
    await expect(
      createDatasetCommand().parseAsync(["dataset", "synthesize", ...args], { from: "user" }),
    ).rejects.toThrow();
});
