import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askPlainly, TINY_METADATA, TINY_SIDE, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { ignoreProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import type { Cell } from "../dataset/cell.ts";
import { decodeModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx, storedFloats } from "../engine/onnx-file.ts";
import { areaUnderRoc } from "../evaluation/roc.ts";
import { networkSettingsSchema } from "../networks/networks.ts";
import { storedFamiliarity } from "../networks/unfamiliarity.ts";
import { type CompletedModel, type CompletionRequest, completeModel } from "./finish.ts";

const CELLS = 180;
const NAMES = Array.from({ length: CELLS }, (_, index) => `${index}.png`);

let folder: string;
let request: CompletionRequest;
let completed: CompletedModel;
const messages: string[] = [];

/** 60 training and 120 validation cells; labels follow the tiny model's logits, half as surely as these say. */
beforeAll(async () => {
  folder = await tinyCells(NAMES);
  const { logits } = await askPlainly(
    tinyModel(1),
    NAMES.map((_, index) => tinyCell(index)),
  );
  const stream = new RandomStream("labels");
  const cells = NAMES.map((file, index): Cell => {
    const logit = (logits[2 * index + 1] as number) - (logits[2 * index] as number);
    const label = stream.chance(1 / (1 + Math.exp(-logit / 2))) ? "mn" : "normal";
    return { file, path: join(folder, file), label, field: `field ${index % 12}`, columns: { file } };
  });
  request = {
    weighed: {
      network: networkSettingsSchema.parse(TINY_METADATA.network),
      weights: storedFloats(decodeOnnx(tinyModel(1))),
      storage: "float32",
      side: TINY_SIDE,
    },
    metadata: TINY_METADATA,
    familiarity: null,
    ...{ training: cells.slice(0, 60), validation: cells.slice(60), test: [] },
    ...{ positiveClass: "mn", balanceWithin: null, calibrate: "temperature", seed: 1 },
    operatingPoint: { rule: "highest-f1" },
    measuring: { session: { device: "cpu", threads: 1 }, reportProgress: ignoreProgress },
    message: (text) => messages.push(text),
  };
  completed = await completeModel(request);
});
afterAll(() => rm(folder, { recursive: true }));

const validationImages = () => NAMES.slice(60).map((_, index) => tinyCell(60 + index));

test("the written model gives the probabilities that were measured, and its ranks are those of the logits", async () => {
  const { probability, logits } = await askPlainly(completed.model, validationImages());
  probability.forEach((value, index) => {
    expect(value).toBeCloseTo(completed.probabilities.validation[index] as number, 5);
  });
  const positives = request.validation.map(({ label }) => label === "mn");
  const margins = positives.map((_, index) => (logits[2 * index + 1] as number) - (logits[2 * index] as number));
  expect(areaUnderRoc(probability, positives)).toBeCloseTo(areaUnderRoc(margins, positives), 12);
  const { temperature, method } = completed.metadata.calibration;
  expect(method).toBe("temperature");
  margins.forEach((margin, index) => {
    expect(probability[index]).toBeCloseTo(1 / (1 + Math.exp(-margin / temperature)), 5);
  });
});

test("its metadata say what was fitted to what, and how good it is on cells that the fit has not seen", () => {
  const { metadata } = completed;
  expect(decodeModelMetadata(decodeOnnx(completed.model).metadata)).toEqual(metadata);
  expect(metadata.calibration).toMatchObject({ cells: 120, fitted_on: expect.stringMatching(/^120 validation cells/) });
  expect(metadata.calibration.measured?.temperature?.brier).toBeGreaterThan(0);
  expect(metadata.operating_point.rule).toBe("highest-f1");
  expect(metadata.metrics).toMatchObject({ validation_cells: 120 });
});

test("a balanced operating point weighs every source alike: no other threshold has a greater mean over the sources", async () => {
  const sourceOf = (index: number) => (index % 10 === 0 ? "small" : "large");
  const validation = request.validation.map((cell, index) => ({ ...cell, columns: { source: sourceOf(index) } }));
  const balanced = { balanceWithin: "source", operatingPoint: { rule: "balanced-accuracy" } } as const;
  const { metadata, probabilities } = await completeModel({ ...request, ...balanced, validation });
  expect(metadata.operating_point).toMatchObject({
    rule: "balanced-accuracy",
    chosen_on: expect.stringMatching(/^120 validation cells, \d+ of them positive, every source alike$/),
  });
  const accuracyOf = (source: string, threshold: number): number => {
    const share = (label: string, called: boolean) => {
      const of = validation.flatMap((cell, index) =>
        cell.label === label && sourceOf(index) === source ? [probabilities.validation[index]! >= threshold] : [],
      );
      return of.filter((positive) => positive === called).length / of.length;
    };
    return (share("mn", true) + share("normal", false)) / 2;
  };
  const mean = (threshold: number) => (accuracyOf("small", threshold) + accuracyOf("large", threshold)) / 2;
  const best = Math.max(...[...probabilities.validation].map(mean));
  expect(mean(metadata.operating_point.threshold)).toBeCloseTo(best, 12);
});

test("one in a hundred of the validation cells is unfamiliar to it", async () => {
  const threshold = completed.metadata.unfamiliarity?.threshold ?? 0;
  const { floats } = await askPlainly(completed.model, validationImages());
  expect(floats("unfamiliarity").filter((value) => value > threshold + 1e-6)).toHaveLength(1);
});

test("with too few cells the check stays as it was, and a message says so", async () => {
  const familiarity = storedFamiliarity(storedFloats(decodeOnnx(completed.model)));
  expect(familiarity?.mean).toHaveLength(12);
  const again = await completeModel({ ...request, familiarity, metadata: completed.metadata, training: [] });
  expect(again.metadata.unfamiliarity).toEqual(completed.metadata.unfamiliarity);
  expect(storedFamiliarity(storedFloats(decodeOnnx(again.model)))).toEqual(familiarity);
  expect(messages.at(-1)).toContain("0 training and 120 validation cells");
  const without = await completeModel({ ...request, training: [] });
  expect(without.metadata.unfamiliarity).toBeUndefined();
  expect((await askPlainly(without.model, [tinyCell(0)])).names).not.toContain("unfamiliarity");
});

test("an image that cannot be read is named", async () => {
  const gone = { ...(request.validation[0] as Cell), file: "gone.png", path: join(folder, "gone.png") };
  const completing = completeModel({ ...request, validation: [...request.validation, gone] });
  await expect(completing).rejects.toMatchObject({
    code: "TRAINING_IMAGE_UNREADABLE",
    message: expect.stringContaining("gone.png"),
  });
});
