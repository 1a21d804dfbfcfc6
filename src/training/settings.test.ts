import { expect, test } from "vitest";
import { parseTrainingSettings } from "./settings.ts";

const settingsOf = (name: string, weights: string | null = "imagenet", network = {}) =>
  parseTrainingSettings({ network: { name, ...network }, weights }, "the test");

test("GoogLeNet sees pixels from -1 to 1 where it starts from ImageNet weights, which were trained so", () => {
  expect(settingsOf("googlenet-attention").network).toEqual({ name: "googlenet-attention", transformInput: true });
  expect(settingsOf("googlenet-attention", "own.onnx").network).toEqual({ name: "googlenet-attention" });
  expect(settingsOf("googlenet", "imagenet", { transformInput: false }).network.transformInput).toBe(false);
  expect(settingsOf("alexnet-attention").network).toEqual({ name: "alexnet-attention" });
});

test("the ImageNet weights of a network for which none are published are refused, and others are named", () => {
  expect(() => settingsOf("mobilenet")).toThrow(/ImageNet weights for the network "mobilenet".* mobilenet-v2, vgg16,/s);
  expect(settingsOf("mobilenet", null).weights).toBeNull();
});

test("settings that were checked are checked again to the same", () => {
  const settings = settingsOf("googlenet");
  expect(parseTrainingSettings(settings, "the test")).toEqual(settings);
});
