import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { costOf } from "../../src/networks/cost.ts";
import { NETWORK_NAMES } from "../../src/networks/networks.ts";
import { stateDictOf } from "../../src/networks/state-dict.ts";
import { expectClose } from "../engine/expect-close.ts";
import {
  evaluateReference,
  type ReferenceNetwork,
  referenceNetworks,
  SETTINGS_OF_REFERENCE,
  type TrainingPass,
  trainReference,
} from "./reference-networks.ts";

/** The same in float64: what float32, ours and PyTorch's, is measured by. */
interface ExactPass {
  readonly train_logits: readonly (readonly number[])[];
  readonly loss: number;
  readonly grad_l2: Readonly<Record<string, number>>;
}

const exactPasses: Readonly<Record<string, ExactPass>> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/networks/float64.json"), "utf8"),
);

const names = Object.keys(SETTINGS_OF_REFERENCE);
const settingsOf = (name: string) => SETTINGS_OF_REFERENCE[name]!;
const referenceOf = (name: string) => referenceNetworks[name]!;

/** Networks whose training pass takes more memory and time than a run of all tests should; MN_ALL_NETWORKS=1 adds them. */
const HEAVY = ["resnet50", "msa-net", "googlenet-att", "resnet50-att"];
const passes = names.filter(
  (name) => referenceOf(name).grad_l2 !== undefined && (process.env.MN_ALL_NETWORKS === "1" || !HEAVY.includes(name)),
);

test("every network has a reference", () => {
  expect(names.map((name) => settingsOf(name).name).sort()).toEqual([...NETWORK_NAMES].sort());
});

test.each(names)("%s has PyTorch's state_dict, key by key in its order, and as many parameters", (name) => {
  const { state, params } = referenceOf(name);
  const settings = settingsOf(name);
  expect(stateDictOf(settings).map((entry) => [entry.name, entry.shape])).toEqual(Object.entries(state));
  expect(costOf(settings).parameters).toBe(params);
});

/** Numbers of W_l's input channels, taps' and last map's pixels: what W_l before the upsampling saves, at 256 channels. */
const SAVED_BY_ORDER: Readonly<Record<string, number>> = {
  "vgg-att": 256 * 512 * (28 * 28 + 14 * 14 - 2 * 7 * 7),
  "googlenet-att": 256 * 1024 * (28 * 28 + 14 * 14 - 2 * 7 * 7),
  "resnet18-att": 256 * 512 * (28 * 28 + 14 * 14 - 2 * 7 * 7),
  "resnet50-att": 256 * 2048 * (28 * 28 + 14 * 14 - 2 * 7 * 7),
};

test.each(names)("%s takes PyTorch's multiply-adds, less what the order of W_l saves", (name) => {
  expect(costOf(settingsOf(name)).multiplyAdds).toBe(referenceOf(name).macs - (SAVED_BY_ORDER[name] ?? 0));
});

test.each(names)("%s: logits in inference are PyTorch's", { timeout: 120_000 }, async (name) => {
  const logits = await evaluateReference(settingsOf(name));
  expectClose(logits, referenceOf(name).eval_logits.flat(), 1e-4, "logits");
});

describe.each(passes)("%s in training, with the statistics of the batch", (name) => {
  test("logits, loss, gradients and running statistics are PyTorch's", { timeout: 120_000 }, async () => {
    const reference = referenceOf(name);
    const pass = await trainReference(settingsOf(name));
    expectClose(pass.logits, (reference.train_logits_dropout_off as number[][]).flat(), 1e-4, "logits");
    expectClose([pass.loss], [reference.train_focal2 as number], 1e-4, "loss");
    for (const [buffer, { sum }] of Object.entries(reference.running_after_one_train_forward ?? {})) {
      expectClose([pass.bufferSums[buffer] as number], [sum], 1e-4, buffer);
    }
    expectGradients(name, reference, pass);
  });
});

/**
 * Gradient norms within 1e-4 of PyTorch's float64, or, where its own float32 is further away, at most twice as far as
 * that: with batch statistics of two images a rounded activation that changes its sign at a ReLU changes gradients by
 * far more than rounding.
 */
function expectGradients(name: string, { grad_l2: single = {} }: ReferenceNetwork, pass: TrainingPass): void {
  const exact = exactPasses[name]?.grad_l2 ?? single;
  expect(Object.keys(pass.gradientNorms)).toEqual(Object.keys(exact));
  const allowed = Math.max(1e-4, 2 * worstError(single, exact));
  expect(worstError(pass.gradientNorms, exact)).toBeLessThan(allowed);
}

/** Greatest relative error. A gradient that is 0 but for rounding is measured by the greatest of all. */
function worstError(norms: Readonly<Record<string, number>>, exact: Readonly<Record<string, number>>): number {
  const greatest = Math.max(...Object.values(exact));
  return Math.max(
    ...Object.entries(exact).map(([key, norm]) => Math.abs((norms[key] as number) - norm) / (norm + 1e-4 * greatest)),
  );
}
