import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectClose } from "../engine/expect-close.ts";
import { SETTINGS_OF_REFERENCE, trainReferenceExactly } from "./reference-networks.ts";

/** What PyTorch gives in float64 for the networks with batch normalisation; nine digits of each gradient norm. */
const references: Readonly<
  Record<
    string,
    {
      readonly train_logits: readonly (readonly number[])[];
      readonly loss: number;
      readonly grad_l2: Readonly<Record<string, number>>;
    }
  >
> = JSON.parse(readFileSync(join(import.meta.dirname, "../golden/networks/float64.json"), "utf8"));

/** Of 2 to 11 thousand million multiply-adds, forward and backward; MN_ALL_NETWORKS=1 adds the others, of up to 28. */
const LIGHT = ["mobilenet-v1", "mobilenet-v2", "googlenet", "resnet18"];
const names = Object.keys(references).filter((name) => process.env.MN_ALL_NETWORKS === "1" || LIGHT.includes(name));

/**
 * In float32 a rounded activation that changes its sign at a ReLU changes gradients by far more than rounding, so that
 * comparators.test.ts cannot ask for much. In float64 none does: here it shows that the gradient graphs are right.
 */
describe.each(names)("%s, its training graph computed in float64", (name) => {
  test("has PyTorch's logits, loss and norm of every gradient", { timeout: 600_000 }, () => {
    const { train_logits, loss, grad_l2 } = references[name]!;
    const pass = trainReferenceExactly(SETTINGS_OF_REFERENCE[name]!);
    expectClose(pass.logits, train_logits.flat(), 1e-12, "logits");
    expectClose([pass.loss], [loss], 1e-12, "loss");
    expect(Object.keys(pass.gradientNorms)).toEqual(Object.keys(grad_l2));
    // Gradients that are 0 but for rounding, such as those of a shift before batch statistics, count by the greatest.
    const least = 1e-6 * Math.max(...Object.values(grad_l2));
    const errors = Object.entries(grad_l2).map(
      ([key, norm]) => Math.abs(pass.gradientNorms[key]! - norm) / Math.max(norm, least),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-8);
  });
});
