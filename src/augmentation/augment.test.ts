import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import { type Augmentation, applyAugmentation, drawAugmentation, geometryAffine } from "./augment.ts";
import {
  type AugmentationRecipe,
  MICROSCOPES_RECIPE,
  NO_AUGMENTATION,
  ONLINE_ELASTIC_RECIPE,
  ONLINE_RECIPE,
  PAPER_RECIPE,
} from "./recipe.ts";

const EVERYTHING: AugmentationRecipe = {
  ...ONLINE_ELASTIC_RECIPE,
  blur: { sigmaPixels: [0.5, 1.5] },
  stain: { strength: [0.7, 1.3] },
  gamma: { exponent: [0.8, 1.25] },
  noise: { standardDeviation: [1, 6] },
};

function greyImage(width: number, height: number, data: readonly number[]): RasterImage {
  return { width, height, channels: 1, data: Uint8Array.from(data) };
}

function randomImage(seed: number, width: number, height: number, channels: 1 | 3): RasterImage {
  const stream = new RandomStream(seed);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => stream.integer(256)),
  };
}

/** A white disc on black, its edge antialiased by 8 x 8 subpixels. */
function drawDisc(side: number, centreX: number, centreY: number, radius: number): RasterImage {
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      let inside = 0;
      for (let part = 0; part < 64; part++) {
        const atX = x - 0.5 + ((part & 7) + 0.5) / 8;
        const atY = y - 0.5 + ((part >> 3) + 0.5) / 8;
        if (Math.hypot(atX - centreX, atY - centreY) < radius) inside++;
      }
      data[y * side + x] = Math.round((255 * inside) / 64);
    }
  return { width: side, height: side, channels: 1, data };
}

/** Area (in pixels) and centre of mass of a drawn disc. */
function measure(image: RasterImage): { area: number; x: number; y: number } {
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let index = 0; index < image.data.length; index++) {
    const value = (image.data[index] ?? 0) / 255;
    mass += value;
    sumX += value * (index % image.width);
    sumY += value * Math.floor(index / image.width);
  }
  return { area: mass, x: sumX / mass, y: sumY / mass };
}

function apply(image: RasterImage, ...steps: readonly Augmentation[]): RasterImage {
  return steps.reduce(applyAugmentation, image);
}

const quarterTurn: Augmentation = { rotation: { degrees: 90 } };
const horizontalFlip: Augmentation = { flip: { horizontal: true, vertical: false } };
const verticalFlip: Augmentation = { flip: { horizontal: false, vertical: true } };

test("a quarter turn is anticlockwise and exact (by hand, 3 x 3)", () => {
  const image = greyImage(3, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...apply(image, quarterTurn).data]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
});

test("flips mirror left and right, top and bottom (by hand, 3 x 2)", () => {
  const image = greyImage(3, 2, [1, 2, 3, 4, 5, 6]);
  expect([...apply(image, horizontalFlip).data]).toEqual([3, 2, 1, 6, 5, 4]);
  expect([...apply(image, verticalFlip).data]).toEqual([4, 5, 6, 1, 2, 3]);
});

test("four quarter turns, two flips and a whole turn each restore every byte of any square image", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 33 }),
      fc.constantFrom(1 as const, 3 as const),
      (seed, side, channels) => {
        const image = randomImage(seed, side, side, channels);
        expect(apply(image, quarterTurn, quarterTurn, quarterTurn, quarterTurn).data).toEqual(image.data);
        expect(apply(image, horizontalFlip, horizontalFlip).data).toEqual(image.data);
        expect(apply(image, verticalFlip, verticalFlip).data).toEqual(image.data);
        expect(apply(image, { rotation: { degrees: -720 } }).data).toEqual(image.data);
      },
    ),
    { numRuns: 40 },
  );
});

test("a half turn equals both flips, for any size", () => {
  const sizes = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(fc.integer(), sizes, sizes, (seed, width, height) => {
      const image = randomImage(seed, width, height, 3);
      expect(apply(image, { rotation: { degrees: 180 } }).data).toEqual(
        apply(image, horizontalFlip, verticalFlip).data,
      );
    }),
    { numRuns: 40 },
  );
});

test("quarter turns and flips keep the values: only their places change", () => {
  const image = randomImage(7, 16, 16, 1);
  const turned = apply(image, { rotation: { degrees: 270 }, flip: { horizontal: true, vertical: false } });
  expect(turned.data).not.toEqual(image.data);
  expect([...turned.data].sort()).toEqual([...image.data].sort());
});

test("a shift by half a pixel averages neighbours, the border pixel with its own mirror image (by hand)", () => {
  const image = greyImage(4, 1, [10, 20, 40, 80]);
  expect([...apply(image, { translation: { x: 0.5 / 4, y: 0 } }).data]).toEqual([10, 15, 30, 60]);
  expect([...apply(image, { translation: { x: -0.5 / 4, y: 0 } }).data]).toEqual([15, 30, 60, 80]);
});

test("a quarter pixel right and three quarters down weigh four pixels (by hand: 61.5, rounded up)", () => {
  // Output (1, 1) reads the source at (0.75, 0.25): 0.75 (0.25 * 40 + 0.75 * 80) + 0.25 (0.25 * 120 + 0.75 * 8).
  const image = greyImage(2, 2, [40, 80, 120, 8]);
  expect(apply(image, { translation: { x: 0.125, y: 0.375 } }).data[3]).toBe(62);
});

test("beyond the edge the image is mirrored with its edge pixel twice (by hand, d c b a | a b c d)", () => {
  const image = greyImage(4, 1, [1, 2, 3, 4]);
  expect([...apply(image, { translation: { x: 3 / 4, y: 0 } }).data]).toEqual([3, 2, 1, 1]);
  expect([...apply(image, { translation: { x: -3 / 4, y: 0 } }).data]).toEqual([4, 4, 3, 2]);
  expect([...apply(image, { translation: { x: 8 / 4, y: 0 } }).data]).toEqual([1, 2, 3, 4]);
  expect([...apply(image, { translation: { x: 5 / 4, y: 0 } }).data]).toEqual([4, 4, 3, 2]);
});

test("rotation keeps a disc's area and turns its centre anticlockwise", () => {
  const disc = drawDisc(128, 63.5 + 20, 63.5, 15);
  for (const degrees of [17, 45, 133, 271.3]) {
    const { area, x, y } = measure(apply(disc, { rotation: { degrees } }));
    expect(area / (Math.PI * 15 ** 2)).toBeCloseTo(1, 2);
    expect(x - 63.5).toBeCloseTo(20 * Math.cos((degrees * Math.PI) / 180), 1);
    expect(y - 63.5).toBeCloseTo(-20 * Math.sin((degrees * Math.PI) / 180), 1);
  }
});

test("scaling by s multiplies a disc's area by s squared and its distance from the centre by s", () => {
  const disc = drawDisc(128, 63.5 + 10, 63.5 - 6, 14);
  for (const factor of [0.8, 1, 1.2, 2]) {
    const { area, x, y } = measure(apply(disc, { scaling: { factor } }));
    expect(area / (Math.PI * 14 ** 2 * factor ** 2)).toBeCloseTo(1, 2);
    expect(x - 63.5).toBeCloseTo(10 * factor, 1);
    expect(y - 63.5).toBeCloseTo(-6 * factor, 1);
  }
});

test("shear keeps a disc's area and moves what lies below the centre to the right", () => {
  const { area, x, y } = measure(apply(drawDisc(128, 63.5, 63.5 + 20, 12), { shear: { degrees: 10 } }));
  expect(area / (Math.PI * 12 ** 2)).toBeCloseTo(1, 2);
  expect(x - 63.5).toBeCloseTo(20 * Math.tan((10 * Math.PI) / 180), 1);
  expect(y - 63.5).toBeCloseTo(20, 1);
});

test("translation moves a disc by fractions of width and height", () => {
  const { area, x, y } = measure(apply(drawDisc(100, 49.5, 49.5, 10), { translation: { x: 0.2, y: -0.137 } }));
  expect(area / (Math.PI * 100)).toBeCloseTo(1, 2);
  expect(x).toBeCloseTo(49.5 + 20, 2);
  expect(y).toBeCloseTo(49.5 - 13.7, 2);
});

test("a disc goes where rotation, flip, scaling, shear and shift take it one after the other", () => {
  const augmentation: Augmentation = {
    rotation: { degrees: 37 },
    flip: { horizontal: true, vertical: false },
    scaling: { factor: 1.15 },
    shear: { degrees: -8 },
    translation: { x: 0.05, y: -0.03 },
  };
  const angle = (37 * Math.PI) / 180;
  const turned = [18 * Math.cos(angle) + 7 * Math.sin(angle), 7 * Math.cos(angle) - 18 * Math.sin(angle)] as const;
  const scaled = [-1.15 * turned[0], 1.15 * turned[1]] as const;
  const expectedX = scaled[0] + scaled[1] * Math.tan((-8 * Math.PI) / 180) + 0.05 * 160;
  const expectedY = scaled[1] - 0.03 * 160;

  const { area, x, y } = measure(apply(drawDisc(160, 79.5 + 18, 79.5 + 7, 13), augmentation));
  expect(x - 79.5).toBeCloseTo(expectedX, 1);
  expect(y - 79.5).toBeCloseTo(expectedY, 1);
  expect(area / (Math.PI * 13 ** 2 * 1.15 ** 2)).toBeCloseTo(1, 2);
  const [a, b, c, d, e, f] = geometryAffine(augmentation, 160, 160);
  expect(a * 18 + b * 7 + c).toBeCloseTo(expectedX, 12);
  expect(d * 18 + e * 7 + f).toBeCloseTo(expectedY, 12);
});

test("the elastic field acts on the moved image: a quarter turn before it may be done apart", () => {
  const image = randomImage(21, 40, 40, 3);
  const elastic = { amplitudePixels: 3, smoothnessPixels: 6, seed: 2 };
  expect(apply(image, { ...quarterTurn, elastic }).data).toEqual(apply(image, quarterTurn, { elastic }).data);
});

test("three equal channels stay equal to the one-channel result", () => {
  const grey = randomImage(3, 31, 24, 1);
  const colour: RasterImage = {
    ...grey,
    channels: 3,
    data: Uint8Array.from({ length: 3 * grey.data.length }, (_, i) => grey.data[Math.floor(i / 3)] ?? 0),
  };
  const augmentation = drawAugmentation(new RandomStream(5), ONLINE_ELASTIC_RECIPE);
  const [expected, actual] = [apply(grey, augmentation).data, apply(colour, augmentation).data];
  expect(actual.every((value, index) => Math.abs(value - (expected[Math.floor(index / 3)] ?? 0)) <= 1)).toBe(true);
});

test("a constant image stays constant under every geometric transform", () => {
  const image = greyImage(40, 30, new Array<number>(1200).fill(173));
  for (let seed = 0; seed < 10; seed++) {
    const {
      contrast: _,
      brightness: __,
      ...geometry
    } = drawAugmentation(new RandomStream(seed), ONLINE_ELASTIC_RECIPE);
    expect(new Set(apply(image, geometry).data)).toEqual(new Set([173]));
  }
});

test("same parameters, same bytes; parameters survive JSON; size is kept; the input is not written", () => {
  for (const channels of [1, 3] as const) {
    const image = randomImage(11, 45, 37, channels);
    const before = image.data.slice();
    const augmentation = drawAugmentation(new RandomStream(9), EVERYTHING);
    const once = applyAugmentation(image, augmentation);
    const again = applyAugmentation(image, JSON.parse(JSON.stringify(augmentation)) as Augmentation);
    expect(again.data).toEqual(once.data);
    expect([once.width, once.height, once.channels]).toEqual([45, 37, channels]);
    expect(image.data).toEqual(before);
    expect(drawAugmentation(new RandomStream(9), EVERYTHING)).toEqual(augmentation);
    expect(drawAugmentation(new RandomStream(10), EVERYTHING)).not.toEqual(augmentation);
  }
});

test("every drawn parameter lies in its range, for every seed", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const drawn = drawAugmentation(new RandomStream(seed), EVERYTHING) as Record<string, Record<string, unknown>>;
      expect(Object.keys(drawn).sort()).toEqual(Object.keys(EVERYTHING).sort());
      for (const [transform, ranges] of Object.entries(EVERYTHING))
        for (const [parameter, range] of Object.entries(ranges as Record<string, unknown>)) {
          if (!Array.isArray(range)) continue;
          const values = [drawn[transform]?.[parameter]].flat() as number[];
          for (const value of values) expect(value >= range[0] && value <= range[1]).toBe(true);
        }
    }),
    { numRuns: 50 },
  );
});

test("flip probabilities 0 and 1 are certain", () => {
  for (let seed = 0; seed < 20; seed++) {
    const recipe: AugmentationRecipe = { flip: { horizontalProbability: 1, verticalProbability: 0 } };
    expect(drawAugmentation(new RandomStream(seed), recipe)).toEqual(horizontalFlip);
  }
});

test("no augmentation returns the image; the paper's recipe turns, flips and scales only", () => {
  const image = randomImage(1, 8, 8, 1);
  expect(applyAugmentation(image, drawAugmentation(new RandomStream(1), NO_AUGMENTATION))).toBe(image);
  expect(Object.keys(PAPER_RECIPE)).toEqual(["rotation", "flip", "scaling"]);
  expect(ONLINE_RECIPE.elastic).toBeUndefined();
});

test("for other microscopes, a third of the variants stay as sharp as the image (by hand: 0.75 of 2.25)", () => {
  const drawn = Array.from({ length: 3000 }, (_, seed) => drawAugmentation(new RandomStream(seed), MICROSCOPES_RECIPE));
  const sharp = drawn.filter(({ blur }) => (blur?.sigmaPixels ?? 0) <= 0).length / drawn.length;
  expect(sharp).toBeCloseTo(1 / 3, 1);
  const image = randomImage(1, 8, 8, 1);
  expect(applyAugmentation(image, { blur: { sigmaPixels: -0.5 } })).toBe(image);
});

test("images of one pixel and one line pass through every transform", () => {
  for (const [width, height] of [
    [1, 1],
    [1, 9],
    [9, 1],
  ] as const) {
    const image = randomImage(2, width, height, 3);
    expect(applyAugmentation(image, drawAugmentation(new RandomStream(4), EVERYTHING)).data).toHaveLength(
      3 * width * height,
    );
  }
});
