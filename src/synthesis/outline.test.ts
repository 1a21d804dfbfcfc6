import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { distanceFrom, drawWaves, extentOf, type Outline, radiusTowards, smoothUnion } from "./outline.ts";

function circle(x: number, y: number, radius: number): Outline {
  return { x, y, radius, aspect: 1, angle: 0, waves: [] };
}

test("the area inside any outline is pi radius^2, whatever its aspect and waves", () => {
  const shapes = fc.record({
    radius: fc.double({ min: 30, max: 60, noNaN: true }),
    aspect: fc.double({ min: 1, max: 2, noNaN: true }),
    angle: fc.double({ min: 0, max: Math.PI, noNaN: true }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shapes, ({ radius, aspect, angle, seed }) => {
      const waves = drawWaves(new RandomStream(seed), 0.06, 2, 7);
      const outline = { x: 150.3, y: 149.6, radius, aspect, angle, waves };
      const distance = distanceFrom(outline);
      let area = 0;
      for (let y = 0; y < 300; y++) for (let x = 0; x < 300; x++) if (distance(x, y) < 0) area++;
      expect(area / (Math.PI * radius ** 2)).toBeCloseTo(1, 1.9);
    }),
    { numRuns: 15 },
  );
});

test("the distance from a circle is exact inside, on and outside it", () => {
  const distance = distanceFrom(circle(10, 20, 5));
  expect(distance(10, 20)).toBeCloseTo(-5, 12);
  expect(distance(13, 24)).toBeCloseTo(0, 12);
  expect(distance(10, 8)).toBeCloseTo(7, 12);
  expect(distance(8, 20)).toBeCloseTo(-3, 12);
});

test("the distance from an ellipse is zero at the ends of its axes (by hand: 10 sqrt 2 and 10 / sqrt 2)", () => {
  const distance = distanceFrom({ x: 0, y: 0, radius: 10, aspect: 2, angle: Math.PI / 2, waves: [] });
  expect(distance(0, 10 * Math.SQRT2)).toBeCloseTo(0, 9);
  expect(distance(10 / Math.SQRT2, 0)).toBeCloseTo(0, 9);
  expect(distance(10 / Math.SQRT2 + 0.1, 0)).toBeCloseTo(0.1, 9);
});

test("the extent bounds the radius in every direction", () => {
  for (let seed = 0; seed < 20; seed++) {
    const stream = new RandomStream(seed);
    const outline = { ...circle(3, 4, 20), aspect: 1.5, angle: 1, waves: drawWaves(stream, 0.08, 2, 9) };
    for (let direction = 0; direction < 6.3; direction += 0.1)
      expect(radiusTowards(outline, direction)).toBeLessThanOrEqual(extentOf(outline));
  }
});

test("the radius of a circle is its radius in every direction", () => {
  for (const direction of [0, 1, 2.5, 4, 6]) expect(radiusTowards(circle(3, 4, 20), direction)).toBeCloseTo(20, 3);
});

test("a smooth union is the nearer shape far from the junction, and fills the notch between two touching circles", () => {
  const union = smoothUnion(distanceFrom(circle(-5, 0, 5)), distanceFrom(circle(5, 0, 5)), 2);
  expect(union(-11, 0)).toBeCloseTo(1, 12);
  expect(union(0, 0)).toBeCloseTo(-0.5, 12);
  expect(union(0, 1)).toBeLessThan(0);
});
