import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { applyAugmentation } from "./augment.ts";
import { elasticField } from "./elastic.ts";

test("the root mean square displacement is the amplitude, on average over fields", () => {
  let sum = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { x, y } = elasticField({ amplitudePixels: 3, smoothnessPixels: 8, seed }, 64, 64);
    for (const field of [x, y]) sum += field.reduce((total, value) => total + value ** 2, 0) / field.length;
  }
  expect(Math.sqrt(sum / 400)).toBeGreaterThan(2.9);
  expect(Math.sqrt(sum / 400)).toBeLessThan(3.1);
});

test("displacements are as correlated as Gaussian-smoothed noise: exp(-d^2 / 4 sigma^2) at a distance d", () => {
  const [sigma, side] = [6, 96];
  for (const distance of [3, 6, 12]) {
    let [products, squares] = [0, 0];
    for (let seed = 0; seed < 150; seed++) {
      const { x } = elasticField({ amplitudePixels: 1, smoothnessPixels: sigma, seed }, side, side);
      for (let row = 0; row < side; row++)
        for (let column = 0; column + distance < side; column++) {
          const here = x[row * side + column] ?? 0;
          products += here * (x[row * side + column + distance] ?? 0);
          squares += here ** 2;
        }
    }
    expect(Math.abs(products / squares - Math.exp(-(distance ** 2) / (4 * sigma ** 2)))).toBeLessThan(0.06);
  }
});

test("an elastic deformation moves each pixel by its displacement (a ramp reads off the field)", () => {
  const [width, height] = [64, 32];
  const ramp = Uint8Array.from({ length: width * height }, (_, index) => 3 * (index % width));
  const elastic = { amplitudePixels: 2, smoothnessPixels: 10, seed: 5 };
  const { x } = elasticField(elastic, width, height);
  const { data } = applyAugmentation({ width, height, channels: 1, data: ramp }, { elastic });
  for (let row = 0; row < height; row++)
    for (let column = 12; column < width - 12; column++) {
      const index = row * width + column;
      expect(Math.abs((data[index] ?? 0) - 3 * (column + (x[index] ?? 0)))).toBeLessThanOrEqual(0.51);
    }
});

test("the field depends on its seed alone", () => {
  const elastic = { amplitudePixels: 2, smoothnessPixels: 9, seed: new RandomStream(3).integer(2 ** 32) };
  expect(elasticField(elastic, 20, 30)).toEqual(elasticField(elastic, 20, 30));
  expect(elasticField({ ...elastic, seed: 1 }, 20, 30)).not.toEqual(elasticField(elastic, 20, 30));
});
