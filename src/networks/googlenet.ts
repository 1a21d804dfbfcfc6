import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { concatenate } from "../engine/operations/arithmetic.ts";
import { dropout } from "../engine/operations/dropout.ts";
import { globalAveragePool, maxPool, type PoolingOptions } from "../engine/operations/pooling.ts";
import { type AttentionOptions, classifyWithAttention } from "./attention.ts";
import { classify, normalisedConvolution } from "./layers.ts";
import { type NetworkOutput, scaled, type WidthMultiplier } from "./network-output.ts";
import { IMAGENET_NORMALISATION } from "./normalisation.ts";

export interface GoogLeNetOptions {
  readonly width: WidthMultiplier;
  /** Probability that a pooled feature is left out of a training step. */
  readonly dropout: number;
  /** Whether the first layer sees pixels scaled to -1..1, as the published ImageNet weights were trained. */
  readonly transformInput: boolean;
}

export const GOOGLENET_DROPOUT = 0.2;

/** Filters of an Inception module: 1 x 1; 1 x 1 then 3 x 3; 1 x 1 then 3 x 3; pool then 1 x 1. */
type InceptionFilters = readonly [number, readonly [number, number], readonly [number, number], number];

/** GoogLeNet's table 1, without the auxiliary classifiers, where a pool stands for the name that torchvision gives it. */
const MODULES: Readonly<Record<InceptionName, InceptionFilters>> = {
  "3a": [64, [96, 128], [16, 32], 32],
  "3b": [128, [128, 192], [32, 96], 64],
  "4a": [192, [96, 208], [16, 48], 64],
  "4b": [160, [112, 224], [24, 64], 64],
  "4c": [128, [128, 256], [24, 64], 64],
  "4d": [112, [144, 288], [32, 64], 64],
  "4e": [256, [160, 320], [32, 128], 128],
  "5a": [256, [160, 320], [32, 128], 128],
  "5b": [384, [192, 384], [48, 128], 128],
};

type InceptionName = "3a" | "3b" | "4a" | "4b" | "4c" | "4d" | "4e" | "5a" | "5b";

/** What the parts are called: torchvision's names, and those of the network cut into three for its taps. */
interface PartNames {
  readonly stem: readonly [string, string, string];
  readonly inception: (module: InceptionName) => string;
}

const TORCHVISION_NAMES: PartNames = {
  stem: ["conv1", "conv2", "conv3"],
  inception: (module) => `inception${module}`,
};

/** Three sequences: up to 3b, up to 4e, the rest; their pools are counted. */
const CUT_MODULES: Readonly<Record<InceptionName, string>> = {
  "3a": "a.5",
  "3b": "a.6",
  "4a": "b.1",
  "4b": "b.2",
  "4c": "b.3",
  "4d": "b.4",
  "4e": "b.5",
  "5a": "c.1",
  "5b": "c.2",
};

const CUT_NAMES: PartNames = { stem: ["a.0", "a.2", "a.3"], inception: (module) => CUT_MODULES[module] };

/** How the names of the network with attention begin, and how torchvision's do. */
export const CUT_GOOGLENET_KEYS: readonly (readonly [string, string])[] = [
  ...CUT_NAMES.stem.map((name, index) => [`${name}.`, `${TORCHVISION_NAMES.stem[index]}.`] as const),
  ...Object.entries(CUT_MODULES).map(([module, name]) => [`${name}.`, `inception${module}.`] as const),
];

/** torchvision's GoogLeNet has the tenfold of PyTorch's default in its batch normalisation. */
const EPSILON = 1e-3;

/** GoogLeNet with batch normalisation and two outputs (Szegedy et al. 2015). image: [N, 3, 224, 224], normalised. */
export function googLeNet(computation: Computation, image: Value, options: GoogLeNetOptions): NetworkOutput {
  const { last } = googLeNetFeatures(computation, image, options, TORCHVISION_NAMES);
  const pooled = dropout(computation, "dropout", globalAveragePool(computation, last), options.dropout);
  return { logits: classify(computation, "fc", pooled), attention: {} };
}

/** GoogLeNet with attention on modules 3b and 4e, guided by 5b. image: [N, 3, 224, 224], normalised. */
export function googLeNetAttention(
  computation: Computation,
  image: Value,
  options: GoogLeNetOptions,
  attention: AttentionOptions,
): NetworkOutput {
  const { module3b, module4e, last } = googLeNetFeatures(computation, image, options, CUT_NAMES);
  const taps = [
    { module: "att1", layer: "3b", features: module3b },
    { module: "att2", layer: "4e", features: module4e },
  ];
  return classifyWithAttention(computation, taps, last, attention);
}

/** image: [N, 3, 224, 224]   module3b: [N, 480, 28, 28]   module4e: [N, 832, 14, 14]   last: [N, 1024, 7, 7] */
function googLeNetFeatures(
  computation: Computation,
  image: Value,
  { width, transformInput }: GoogLeNetOptions,
  names: PartNames,
): { module3b: Value; module4e: Value; last: Value } {
  const pooled = (x: Value, kernel: 2 | 3) => maxPool(computation, x, { kernel, stride: 2, ceil: true });
  const inceptions = (x: Value, modules: readonly InceptionName[]) =>
    modules.reduce(
      (input, module) => inception(computation, names.inception(module), input, MODULES[module], width),
      x,
    );
  const [conv1, conv2, conv3] = names.stem;
  const input = transformInput ? fromImageNetToSymmetric(computation, image) : image;
  const first = unit(computation, conv1, input, scaled(64, width), { kernel: 7, stride: 2, padding: 3 });
  const second = unit(computation, conv2, pooled(first, 3), scaled(64, width), { kernel: 1 });
  const third = unit(computation, conv3, second, scaled(192, width), { kernel: 3, padding: 1 });
  const module3b = inceptions(pooled(third, 3), ["3a", "3b"]);
  const module4e = inceptions(pooled(module3b, 3), ["4a", "4b", "4c", "4d", "4e"]);
  const last = inceptions(pooled(module4e, 2), ["5a", "5b"]);
  return { module3b, module4e, last };
}

/**
 * The Inception module: four branches on the same input, joined channel by channel. As in torchvision, whose weights
 * this takes, the third branch has 3 x 3 kernels where the paper has 5 x 5.
 */
function inception(
  computation: Computation,
  name: string,
  x: Value,
  [single, [before3, after3], [before5, after5], afterPool]: InceptionFilters,
  width: WidthMultiplier,
): Value {
  const layer = (key: string, input: Value, filters: number, kernel: 1 | 3) =>
    unit(computation, `${name}.${key}`, input, scaled(filters, width), { kernel, padding: (kernel - 1) / 2 });
  const window: PoolingOptions = { kernel: 3, stride: 1, padding: 1 };
  return concatenate(computation, [
    layer("branch1", x, single, 1),
    layer("branch2.1", layer("branch2.0", x, before3, 1), after3, 3),
    layer("branch3.1", layer("branch3.0", x, before5, 1), after5, 3),
    layer("branch4.1", maxPool(computation, x, window), afterPool, 1),
  ]);
}

function unit(
  computation: Computation,
  name: string,
  x: Value,
  filters: number,
  geometry: { readonly kernel: number; readonly stride?: number; readonly padding?: number },
): Value {
  const options = { filters, ...geometry, activation: "relu", epsilon: EPSILON } as const;
  return normalisedConvolution(computation, [`${name}.conv`, `${name}.bn`], x, options);
}

/** From pixels normalised with ImageNet's mean m and deviation s to (pixel - 0.5) / 0.5: x s / 0.5 + (m - 0.5) / 0.5. */
function fromImageNetToSymmetric({ graph }: Computation, image: Value): Value {
  const { mean, standardDeviation } = IMAGENET_NORMALISATION;
  const scale = standardDeviation.map((deviation) => deviation / 0.5);
  const shift = mean.map((center) => (center - 0.5) / 0.5);
  const stretched = graph.add("Mul", [image, graph.constant(scale, [1, 3, 1, 1])]);
  return graph.add("Add", [stretched, graph.constant(shift, [1, 3, 1, 1])]);
}
