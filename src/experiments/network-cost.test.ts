import { expect, test } from "vitest";
import { networkCost } from "./network-cost.ts";

test("the proposed network has 2,766,916 parameters, AlexNet with two outputs 57,012,034 (PyTorch, same layers)", () => {
  expect(networkCost({ name: "alexnet-attention" }, 224).parameters).toBe(2_766_916);
  expect(networkCost({ name: "alexnet" }, 224).parameters).toBe(57_012_034);
});

test("operations of Alex-light are those of its five convolutions and its last layer (by hand)", () => {
  // Outputs times inputs of each sum: C_out h w * C_in k k.
  const convolutions = [
    64 * 55 * 55 * (3 * 11 * 11),
    192 * 27 * 27 * (64 * 5 * 5),
    384 * 13 * 13 * (192 * 3 * 3),
    256 * 13 * 13 * (384 * 3 * 3),
    256 * 13 * 13 * (256 * 3 * 3),
  ];
  const expected = convolutions.reduce((sum, count) => sum + count, 256 * 2);
  expect(networkCost({ name: "alex-light" }, 224).multiplyAdds).toBe(expected);
});
