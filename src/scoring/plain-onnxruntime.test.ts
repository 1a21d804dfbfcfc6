import { InferenceSession } from "onnxruntime-node";
import { expect, test } from "vitest";
import { askPlainly, TINY_METADATA, TINY_SIDE, tinyCell, tinyModel } from "../../test/scoring/tiny-model.ts";

const model = tinyModel(1, { calibration: { method: "temperature", temperature: 2 } });
const cells = [tinyCell(0), tinyCell(1), tinyCell(2)];

test("a model file runs in onnxruntime-node alone: its inputs, outputs and their shapes", async () => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  expect(session.inputMetadata).toMatchObject([
    { name: "image", type: "uint8", shape: ["N", 3, TINY_SIDE, TINY_SIDE] },
  ]);
  expect([...session.outputNames].sort()).toEqual([
    ...["attention_5", "attention_6", "evidence", "logits", "probability"],
  ]);
  await session.release();
  const { outputs } = await askPlainly(model, cells);
  expect(outputs.logits?.dims).toEqual([3, 2]);
  expect(outputs.probability?.dims).toEqual([3]);
  expect(outputs.attention_6?.dims).toEqual([3, 1, 3, 3]);
});

test("three cells at once give what they give one by one", async () => {
  const together = await askPlainly(model, cells);
  for (const [index, cell] of cells.entries()) {
    const alone = await askPlainly(model, [cell]);
    expect(alone.probability[0]).toBeCloseTo(together.probability[index] as number, 5);
    const maps = together.floats("attention_6").slice(9 * index, 9 * index + 9);
    alone.floats("attention_6").forEach((value, place) => {
      expect(value).toBeCloseTo(maps[place] as number, 5);
    });
  }
});

test("probability is the logistic function of the difference of logits over the calibration's temperature", async () => {
  const { logits, probability } = await askPlainly(model, cells);
  const expected = cells.map((_, index) => {
    const [negative = 0, positive = 0] = logits.slice(2 * index, 2 * index + 2);
    return 1 / (1 + Math.exp((negative - positive) / 2));
  });
  expected.forEach((value, index) => {
    expect(probability[index]).toBeCloseTo(value, 6);
  });
  expect(new Set(probability).size).toBe(3);
});

test("classes, operating point and origin are JSON texts in the file's metadata, readable without any library", () => {
  const text = new TextDecoder("latin1").decode(model);
  expect(text).toContain('["normal","mn"]');
  expect(text).toContain(JSON.stringify(TINY_METADATA.operating_point));
  expect(text).toContain("micronuclei.data_hash");
});
