import { expect, test } from "vitest";
import { expectGradientsOf, generatedInput } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { fnv1a, generateNumbers } from "../../../test/engine/generated-numbers.ts";
import { readGoldenTensors } from "../../../test/engine/golden.ts";
import { runOperation } from "../../../test/engine/run-operation.ts";
import { elementCount } from "../graph.ts";
import { bilinear, interpolationMatrix } from "./interpolation.ts";

const golden = readGoldenTensors("bilinear.safetensors");
const sizes = [
  "6x6_to_13x13",
  "7x7_to_28x28",
  "7x7_to_14x14",
  "1x1_to_3x3",
  "5x4_to_9x13",
  "13x13_to_6x6",
  "6x6_to_6x6",
];
const cases = [...sizes, "13x13_to_224x224"].flatMap((size) => [`${size}_align0`, `${size}_align1`]);

test.each(cases)("bilinear %s and its gradient are PyTorch's", async (name) => {
  const [x, y] = [golden(`${name}/x`), golden(`${name}/y`)];
  const upstream = name.includes("224")
    ? generateNumbers(fnv1a(`${name}:gy`), elementCount(y.shape))
    : golden(`${name}/gy`).data;
  const [, , height, width] = y.shape as [number, number, number, number];
  const { output, gradients } = await runOperation(
    (computation, [value]) => bilinear(computation, value!, height, width, { alignCorners: name.endsWith("align1") }),
    [x],
    upstream,
  );
  expectClose(output, y.data, 2e-6, "outputs");
  expectClose(gradients[0]!, golden(`${name}/gx`).data, 5e-6, "gradient");
});

test.each([0, 1])("the weights from 6 to 13 samples are PyTorch's in float64, align %d", (align) => {
  const matrix = interpolationMatrix(6, 13, align === 1);
  expectClose(matrix.flat(), golden(`weights_6_to_13_align${align}`).data, 1e-14);
});

test.each([true, false])(
  "the gradient is that of bilinear interpolation by central differences, aligned: %s",
  async (alignCorners) => {
    const [from, to] = [3, 5];
    await expectGradientsOf(
      (computation, [x]) => bilinear(computation, x!, to, to, { alignCorners }),
      [generatedInput([1, 2, from, from], 1)],
      ([x]) =>
        Float64Array.from({ length: 2 * to * to }, (_, index) => {
          const at = (output: number) =>
            alignCorners ? (output * (from - 1)) / (to - 1) : Math.max(0, ((output + 0.5) * from) / to - 0.5);
          const channel = Math.floor(index / (to * to));
          const [row, column] = [at(Math.floor((index % (to * to)) / to)), at(index % to)];
          const pixel = (r: number, c: number) =>
            x![channel * from * from + Math.min(from - 1, r) * from + Math.min(from - 1, c)]!;
          const [top, left] = [Math.floor(row), Math.floor(column)];
          const [down, right] = [row - top, column - left];
          return (
            (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
            down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1))
          );
        }),
    );
  },
);

test("a constant image stays constant, huge numbers included", async () => {
  const { output } = await runOperation(
    (computation, [x]) => bilinear(computation, x!, 13, 13),
    [{ shape: [1, 1, 6, 6], data: new Float32Array(36).fill(1e37) }],
    null,
  );
  expect(Math.min(...output)).toBeGreaterThan(0.999999e37);
  expect(Math.max(...output)).toBeLessThan(1.000001e37);
});
