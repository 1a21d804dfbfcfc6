import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { askPlainly, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { RandomStream } from "../core/random.ts";
import { readModel } from "../scoring/model.ts";
import { registerCalibrate } from "./calibrate.ts";

const NAMES = Array.from({ length: 180 }, (_, index) => `${index}.png`);
const isTraining = (index: number) => index < 60;

let folder: string;
let cells: string;
let model: string;
let manifest: string;
let logits: number[];
/** Labels follow the tiny model's logits, half as surely as these say. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "calibrate-"));
  cells = await tinyCells(NAMES);
  model = join(folder, "tiny.onnx");
  await writeFile(model, tinyModel(1));
  const answer = await askPlainly(tinyModel(1), imagesOf(NAMES.keys()));
  logits = NAMES.map((_, index) => (answer.logits[2 * index + 1] as number) - (answer.logits[2 * index] as number));
  const stream = new RandomStream("labels");
  const rows = NAMES.map((name, index) => {
    const isPositive = stream.chance(1 / (1 + Math.exp(-(logits[index] as number) / 2)));
    return `${name},${isPositive ? "mn" : "normal"},${isTraining(index) ? "train" : "val"}`;
  });
  manifest = join(cells, "data.csv");
  await writeFile(manifest, `file,label,split\n${rows.join("\n")}\n`);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(cells, { recursive: true });
});

function imagesOf(indices: Iterable<number>) {
  return [...indices].map((index) => tinyCell(index));
}

/** Runs `mn calibrate ARGS --json`; returns its result and the messages. */
async function calibrate(...args: string[]) {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerCalibrate(program);
  let [output, messages] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    messages += text;
    return true;
  });
  await program.parseAsync(["calibrate", ...args, "--json", "--device", "cpu", "--threads", "1"], { from: "user" });
  vi.restoreAllMocks();
  return { result: JSON.parse(output), messages };
}

test("the new model has the old one's logits and ranks, calibrated probabilities and a check; the old file stays", async () => {
  const out = join(folder, "calibrated.onnx");
  const before = await readFile(model);
  const { result } = await calibrate(model, manifest, "--calibrate", "temperature", "--out", out);
  expect(await readFile(model)).toEqual(before);
  expect(result).toMatchObject({ model: out, split: "val", calibration: { method: "temperature", cells: 120 } });
  const { metadata } = await readModel(out);
  expect(metadata.operating_point).toEqual(result.operating_point);
  expect(metadata.unfamiliarity?.chosen_on).toBe("120 validation cells");
  const answer = await askPlainly(await readFile(out), imagesOf(NAMES.keys()));
  NAMES.forEach((_, index) => {
    const logit = logits[index] as number;
    expect((answer.logits[2 * index + 1] as number) - (answer.logits[2 * index] as number)).toBeCloseTo(logit, 5);
    expect(answer.probability[index]).toBeCloseTo(1 / (1 + Math.exp(-logit / metadata.calibration.temperature)), 5);
  });
  expect(answer.names).toContain("unfamiliarity");
});

test("all cells without a validation split; a threshold that is given is the operating point", async () => {
  const own = join(cells, "own.csv");
  const rows = (await readFile(manifest, "utf8")).split("\n").map((row) => row.replace(/,(train|val)$/, ","));
  await writeFile(own, rows.join("\n"));
  const options = ["--calibrate", "none", "--threshold", "0.25"];
  const { result, messages } = await calibrate(model, own, ...options, "--out", join(folder, "own.onnx"));
  expect(result).toMatchObject({ split: "all", operating_point: { threshold: 0.25, rule: "fixed" } });
  expect(result.calibration).toMatchObject({ method: "none", cells: 180 });
  expect(messages).toContain("0 training and 180 validation cells");
  expect(result).not.toHaveProperty("unfamiliarity");
});

test("a split that no cell is in, and two rules for one operating point, are refused before anything is computed", async () => {
  const out = join(folder, "none.onnx");
  await expect(calibrate(model, manifest, "--split", "test", "--out", out)).rejects.toMatchObject({
    code: "SPLIT_ABSENT",
  });
  const two = ["--balanced", "--sensitivity", "0.9"];
  await expect(calibrate(model, manifest, ...two, "--out", out)).rejects.toMatchObject({
    code: "OPERATING_POINT_CONFLICT",
  });
});
