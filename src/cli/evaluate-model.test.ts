import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { askPlainly, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { registerEvaluate } from "./evaluate-scores.ts";

const CELLS = 12;
const NAMES = Array.from({ length: CELLS }, (_, index) => `${index}.png`);
/** Every third is positive; the last four are the test split. */
const isPositive = (index: number) => index % 3 === 0;
const splitOf = (index: number) => (index < 5 ? "train" : index < 8 ? "val" : "test");

let folder: string;
let cells: string;
let model: string;
let manifest: string;
let probabilities: number[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-model-"));
  cells = await tinyCells(NAMES);
  model = join(folder, "tiny.onnx");
  await writeFile(model, tinyModel(1));
  manifest = join(cells, "data.csv");
  const rows = NAMES.map(
    (name, index) => `${name},${isPositive(index) ? "mn" : "normal"},${splitOf(index)},field ${index}`,
  );
  await writeFile(join(cells, "broken.png"), "no image");
  await writeFile(manifest, `file,label,split,field\n${rows.join("\n")}\nbroken.png,normal,test,field 12\n`);
  const images = NAMES.map((_, index) => tinyCell(index));
  ({ probability: probabilities } = await askPlainly(tinyModel(1), images));
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(cells, { recursive: true });
});

/** Runs `mn evaluate ARGS --json`; returns the evaluation and the messages. */
async function evaluate(...args: string[]) {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerEvaluate(program);
  let [output, messages] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    messages += text;
    return true;
  });
  const options = ["--json", "--device", "cpu", "--threads", "1", "--resamples", "20"];
  await program.parseAsync(["evaluate", ...args, ...options], { from: "user" });
  vi.restoreAllMocks();
  return { evaluation: JSON.parse(output), messages };
}

/** Share of pairs of a positive and a negative cell that are in the right order, counted one by one. */
function aucByCounting(indices: readonly number[]): number {
  const pairs = indices
    .filter(isPositive)
    .flatMap((positive) =>
      indices.filter((index) => !isPositive(index)).map((negative) => [positive, negative] as const),
    );
  const won = pairs.filter(([one, other]) => (probabilities[one] as number) > (probabilities[other] as number));
  return won.length / pairs.length;
}

test("measures the test split with the model's own threshold; the unreadable image is counted and named", async () => {
  const { evaluation, messages } = await evaluate(model, manifest);
  expect(evaluation).toMatchObject({ cells: 4, positives: 1, split: "test", threshold: 0.5, rows: 5, scores: null });
  expect(evaluation.auc).toBeCloseTo(aucByCounting([8, 9, 10, 11]), 12);
  expect(evaluation.unreadable).toMatchObject([{ file: "broken.png" }]);
  expect(evaluation.leftOut.withError).toBe(1);
  expect(messages).toContain("broken.png has no score: IMAGE_FORMAT_UNKNOWN");
  const { tp, fp, fn, tn } = evaluation.confusion;
  const called = [8, 9, 10, 11].filter((index) => (probabilities[index] as number) >= 0.5);
  expect({ tp, fp }).toEqual({ tp: called.filter(isPositive).length, fp: called.filter((i) => !isPositive(i)).length });
  expect(tp + fn).toBe(1);
  expect(fp + tn).toBe(3);
});

test("--split all with --out keeps the scores, whose evaluation by --scores is the same", async () => {
  const out = join(folder, "evaluation");
  const { evaluation } = await evaluate(model, manifest, "--split", "all", "--out", out, "--threshold", "0.4");
  expect(evaluation).toMatchObject({ cells: CELLS, split: "all", threshold: 0.4, scores: join(out, "scores.csv") });
  expect(evaluation.intervals).toMatchObject({ unit: "group", groupedBy: "field", units: CELLS });
  const again = await evaluate("--scores", join(out, "scores.csv"), "--threshold", "0.4");
  for (const name of ["cells", "auc", "auc_ci95", "ap", "f1", "f1_ci95", "confusion", "groups", "brier"]) {
    expect(again.evaluation[name], name).toEqual(evaluation[name]);
  }
  expect(JSON.parse(await readFile(join(out, "evaluation.json"), "utf8"))).toEqual(evaluation);
  expect(await readFile(join(out, "report.html"), "utf8")).toContain("broken.png has no score");
});

test("without a test split the validation cells are measured, and a message says so; without any split, all cells", async () => {
  const rows = (await readFile(manifest, "utf8")).split("\n");
  const withoutTest = join(cells, "no-test.csv");
  await writeFile(withoutTest, rows.filter((row) => !row.includes(",test,")).join("\n"));
  const { evaluation, messages } = await evaluate(model, withoutTest);
  expect(evaluation).toMatchObject({ split: "val", cells: 3 });
  expect(messages).toContain("no test split");
  await expect(evaluate(model, withoutTest, "--split", "test")).rejects.toMatchObject({ code: "SPLIT_ABSENT" });
  vi.restoreAllMocks();
  const withoutSplit = join(cells, "no-split.csv");
  await writeFile(withoutSplit, rows.map((row) => row.replace(/,(train|val|test),/, ",,")).join("\n"));
  expect((await evaluate(model, withoutSplit)).evaluation).toMatchObject({ split: "all", cells: CELLS });
});

test("cells that the model was trained on are not passed off as new ones", async () => {
  const first = await evaluate(model, manifest, "--split", "all");
  expect(first.evaluation.warnings).toEqual([]);
  const trained = join(folder, "trained.onnx");
  await writeFile(trained, tinyModel(1, { data_hash: first.evaluation.dataHash }));
  expect((await evaluate(trained, manifest, "--split", "all")).messages).toContain("trained on cells of this data");
  expect((await evaluate(trained, manifest, "--split", "val")).messages).toContain("on the bright side");
  expect((await evaluate(trained, manifest)).evaluation.warnings).toEqual([]);
});

test("a model without data, and scores beside a model, are wrong usage", async () => {
  await expect(evaluate(model)).rejects.toMatchObject({ code: "NOTHING_TO_EVALUATE" });
  await expect(evaluate(model, manifest, "--scores", "x.csv")).rejects.toMatchObject({ code: "NOTHING_TO_EVALUATE" });
});

test("with --beside-model the numbers lie beside the model, for this model file alone", async () => {
  const { evaluation, messages } = await evaluate(model, manifest, "--split", "all", "--beside-model");
  const beside = JSON.parse(await readFile(join(folder, "tiny.evaluation.json"), "utf8"));
  expect(messages).toContain("tiny.evaluation.json");
  expect(beside).toMatchObject({ modelSha256: evaluation.modelSha256, split: "all", warnings: evaluation.warnings });
  expect(beside.measured.cells).toBe(CELLS);
  expect(beside.measured.auc.value).toBeCloseTo(aucByCounting(NAMES.map((_, index) => index)), 5);
});
