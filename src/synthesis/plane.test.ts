import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { blurPlane, createPlane, drawTexture } from "./plane.ts";

test("a texture of any scale has mean 0 and variance 1, on average", () => {
  for (const scale of [0.3, 1, 2.5, 6]) {
    let [sum, squares, count] = [0, 0, 0];
    for (let seed = 0; seed < 8; seed++)
      for (const value of drawTexture(new RandomStream(seed), 128, scale).values) {
        sum += value;
        squares += value ** 2;
        count++;
      }
    expect(Math.abs(sum / count)).toBeLessThan(0.12);
    expect(squares / count).toBeGreaterThan(0.85);
    expect(squares / count).toBeLessThan(1.15);
  }
});

test("a texture is as smooth as its scale: the correlation at a distance d is exp(-d^2 / 4 scale^2)", () => {
  for (const [scale, distance] of [
    [1, 1],
    [4, 4],
    [4, 8],
  ] as const) {
    let [products, squares] = [0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const { values } = drawTexture(new RandomStream(seed), 128, scale);
      for (let index = 0; index < values.length; index++) {
        if ((index % 128) + distance >= 128) continue;
        products += (values[index] ?? 0) * (values[index + distance] ?? 0);
        squares += (values[index] ?? 0) ** 2;
      }
    }
    expect(Math.abs(products / squares - Math.exp(-(distance ** 2) / (4 * scale ** 2)))).toBeLessThan(0.08);
  }
});

test("blurring a point gives the Gaussian: its value one and two pixels away by the formula", () => {
  const plane = createPlane(41);
  plane.values[20 * 41 + 20] = 1;
  const { values } = blurPlane(plane, 2);
  const peak = values[20 * 41 + 20] ?? 0;
  expect((values[20 * 41 + 21] ?? 0) / peak).toBeCloseTo(Math.exp(-1 / 8), 5);
  expect((values[22 * 41 + 21] ?? 0) / peak).toBeCloseTo(Math.exp(-5 / 8), 5);
  expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
});

test("blurring keeps a constant plane, borders included", () => {
  for (const value of blurPlane(createPlane(9, 3), 4).values) expect(value).toBeCloseTo(3, 5);
});
