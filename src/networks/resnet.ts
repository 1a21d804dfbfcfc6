import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu } from "../engine/operations/activations.ts";
import { add } from "../engine/operations/arithmetic.ts";
import { globalAveragePool, maxPool } from "../engine/operations/pooling.ts";
import { type AttentionOptions, classifyWithAttention } from "./attention.ts";
import { classify, type NormalisedNames, normalisedConvolution } from "./layers.ts";
import { type NetworkOutput, scaled, type WidthMultiplier } from "./network-output.ts";

export type ResNetDepth = 18 | 50;

export interface ResNetOptions {
  readonly depth: ResNetDepth;
  readonly width: WidthMultiplier;
}

/** Blocks in each of the four layers, and channels after a block for each channel inside it. */
const ARCHITECTURES = {
  18: { blocks: [2, 2, 2, 2], expansion: 1 },
  50: { blocks: [3, 4, 6, 3], expansion: 4 },
} as const;

const INNER_CHANNELS = [64, 128, 256, 512] as const;

/** Names of the first convolution and its normalisation: torchvision's, and those of the networks cut out of it. */
const TORCHVISION_STEM: NormalisedNames = ["conv1", "bn1"];
const CUT_STEM: NormalisedNames = ["stem.0", "stem.1"];
/** How the names of a network cut out of a ResNet begin, and how torchvision's do. */
export const CUT_RESNET_KEYS = [
  ["stem.0.", "conv1."],
  ["stem.1.", "bn1."],
] as const;

/** ResNet with two outputs (He et al. 2016). image: [N, 3, 224, 224], normalised. */
export function resNet(computation: Computation, image: Value, options: ResNetOptions): NetworkOutput {
  const [, , , last] = resNetLayers(computation, image, options, TORCHVISION_STEM);
  return { logits: classify(computation, "fc", globalAveragePool(computation, last)), attention: {} };
}

/** ResNet with attention on layers 2 and 3, guided by layer 4. image: [N, 3, 224, 224], normalised. */
export function resNetAttention(
  computation: Computation,
  image: Value,
  options: ResNetOptions,
  attention: AttentionOptions,
): NetworkOutput {
  const [, layer2, layer3, last] = cutResNetLayers(computation, image, options);
  const taps = [
    { module: "att1", layer: "layer2", features: layer2 },
    { module: "att2", layer: "layer3", features: layer3 },
  ];
  return classifyWithAttention(computation, taps, last, attention);
}

type Layers = [Value, Value, Value, Value];

/** The four layers of a ResNet that something else is built on. */
export function cutResNetLayers(computation: Computation, image: Value, options: ResNetOptions): Layers {
  return resNetLayers(computation, image, options, CUT_STEM);
}

/**
 * The convolutional part under torchvision's names: the outputs of layers 1 to 4.
 *
 * image: [N, 3, 224, 224] -> [N, 64 e, 56, 56], [N, 128 e, 28, 28], [N, 256 e, 14, 14], [N, 512 e, 7, 7],
 * e = 1 for depth 18 and 4 for depth 50
 */
function resNetLayers(
  computation: Computation,
  image: Value,
  { depth, width }: ResNetOptions,
  stem: NormalisedNames,
): Layers {
  const { blocks, expansion } = ARCHITECTURES[depth];
  const stemOptions = { filters: scaled(64, width), kernel: 7, stride: 2, padding: 3, activation: "none" } as const;
  const first = normalisedConvolution(computation, stem, image, stemOptions);
  // ReLU after the pool is the same function on a quarter of the values.
  let x = relu(computation, maxPool(computation, first, { kernel: 3, stride: 2, padding: 1 }));
  return INNER_CHANNELS.map((channels, layer) => {
    for (let index = 0; index < (blocks[layer] as number); index++) {
      const name = `layer${layer + 1}.${index}`;
      const stride = layer > 0 && index === 0 ? 2 : 1;
      x = residualBlock(computation, name, x, { inner: scaled(channels, width), expansion, stride });
    }
    return x;
  }) as Layers;
}

interface BlockOptions {
  readonly inner: number;
  readonly expansion: number;
  readonly stride: 1 | 2;
}

/** ReLU(branch(x) + shortcut(x)): the shortcut is x itself where the sizes agree, else a 1 x 1 convolution. */
function residualBlock(computation: Computation, name: string, x: Value, options: BlockOptions): Value {
  const { inner, expansion, stride } = options;
  const branch = expansion === 1 ? basicBranch : bottleneckBranch;
  const residue = branch(computation, name, x, options);
  const filters = inner * expansion;
  const shortcut =
    stride === 1 && x.shape[1] === filters
      ? x
      : normalisedConvolution(computation, [`${name}.downsample.0`, `${name}.downsample.1`], x, {
          ...{ filters, kernel: 1, stride },
          activation: "none",
        });
  return relu(computation, add(computation, residue, shortcut));
}

/** 3 x 3, 3 x 3. */
function basicBranch(computation: Computation, name: string, x: Value, { inner, stride }: BlockOptions): Value {
  const wide = { filters: inner, kernel: 3, padding: 1 };
  const first = numbered(computation, name, 1, x, { ...wide, stride, activation: "relu" });
  return numbered(computation, name, 2, first, { ...wide, activation: "none" });
}

/** 1 x 1 to few channels, 3 x 3 with the stride (as torchvision, "v1.5"), 1 x 1 to many. */
function bottleneckBranch(
  computation: Computation,
  name: string,
  x: Value,
  { inner, expansion, stride }: BlockOptions,
): Value {
  const first = numbered(computation, name, 1, x, { filters: inner, kernel: 1, activation: "relu" });
  const wide = { filters: inner, kernel: 3, padding: 1, stride, activation: "relu" } as const;
  const second = numbered(computation, name, 2, first, wide);
  return numbered(computation, name, 3, second, { filters: inner * expansion, kernel: 1, activation: "none" });
}

function numbered(
  computation: Computation,
  block: string,
  number: number,
  x: Value,
  options: Parameters<typeof normalisedConvolution>[3],
): Value {
  return normalisedConvolution(computation, [`${block}.conv${number}`, `${block}.bn${number}`], x, options);
}
