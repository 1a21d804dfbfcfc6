import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import {
  ALEXNET_TAPS,
  type AlexNetAttentionOptions,
  type AlexNetWidths,
  alexLight,
  alexNet,
  alexNetAttention,
  alexNetChannelAttention,
  PAPER_ALEXNET,
  PAPER_ALEXNET_ATTENTION,
} from "./alexnet.ts";
import { type AttentionOptions, PAPER_ATTENTION } from "./attention.ts";
import { CUT_GOOGLENET_KEYS, GOOGLENET_DROPOUT, googLeNet, googLeNetAttention } from "./googlenet.ts";
import { MOBILENET_V2_DROPOUT, mobileNet, mobileNetV2 } from "./mobilenet.ts";
import { msaNet } from "./msa-net.ts";
import { type NetworkOutput, scaled } from "./network-output.ts";
import { CUT_RESNET_KEYS, type ResNetDepth, resNet, resNetAttention } from "./resnet.ts";
import { VGG_DROPOUT, vgg16, vggAttention } from "./vgg.ts";

/** What `mn train --network` takes. */
export const NETWORK_NAMES = [
  "alexnet-attention",
  "alexnet",
  "alex-light",
  "alex-ca",
  "mobilenet",
  "mobilenet-v2",
  "vgg16",
  "googlenet",
  "resnet",
  "resnet-50",
  "msa-net",
  "vgg-attention",
  "googlenet-attention",
  "resnet-attention",
  "resnet-attention-50",
] as const;

export type NetworkName = (typeof NETWORK_NAMES)[number];

/** What else the networks are called: by torchvision, and with the depth or version that is our default. */
const OTHER_NAMES: Readonly<Record<string, NetworkName>> = {
  "mobilenet-v1": "mobilenet",
  mobilenet_v2: "mobilenet-v2",
  resnet18: "resnet",
  "resnet-18": "resnet",
  resnet50: "resnet-50",
  "resnet-attention-18": "resnet-attention",
};

const positiveInteger = z.int().positive();

const settingsSchema = z.strictObject({
  name: z.preprocess((name) => OTHER_NAMES[String(name)] ?? name, z.enum(NETWORK_NAMES)),
  /** Filters of AlexNet's five convolutions; smaller ones are for tests. */
  widths: z.tuple([positiveInteger, positiveInteger, positiveInteger, positiveInteger, positiveInteger]).optional(),
  /** Channels of every layer times this; below 1 for tests and small machines. */
  widthMultiplier: z.number().positive().optional(),
  /** Probability of dropout in place of the paper's. */
  dropout: z.number().min(0).lt(1).optional(),
  /** GoogLeNet's: the first layer sees pixels scaled to -1..1, as torchvision's ImageNet weights were trained. */
  transformInput: z.boolean().optional(),
  /** Points that the paper leaves open. */
  attention: z
    .strictObject({
      channels: positiveInteger,
      kernel: z.union([z.literal(1), z.literal(3)]),
      projectionBias: z.boolean(),
      alignCorners: z.boolean(),
      pooling: z.enum(["average", "max"]),
      /** Layers that carry attention, in the order of their features in the last layer: of alexnet-attention alone. */
      taps: z
        .array(z.literal(ALEXNET_TAPS))
        .min(1)
        .refine(
          (taps) => taps.every((tap, at) => at === 0 || tap > (taps[at - 1] as number)),
          "Expected rising layers",
        ),
    })
    .partial()
    .optional(),
});

/** The settings that make a network anew from a model file: its name and what differs from its paper. */
export const networkSettingsSchema = settingsSchema.refine(
  ({ name, attention }) => attention?.taps === undefined || name === "alexnet-attention",
  { path: ["attention", "taps"], error: "Only alexnet-attention has taps to choose" },
);

export type NetworkSettings = z.infer<typeof networkSettingsSchema>;

type Build = (computation: Computation, image: Value, settings: NetworkSettings) => NetworkOutput;

export interface NetworkDescription {
  readonly build: Build;
  /** Where it is from. */
  readonly reference: string;
  /** Name of the published ImageNet weights that it starts from (weights/catalogue.ts); null: there are none. */
  readonly imagenet: string | null;
  /** How names of its layers begin, and how they begin in torchvision; the same where not listed. */
  readonly torchvisionKeys: readonly (readonly [own: string, torchvision: string])[];
}

const WEI = "Wei et al. 2022, doi:10.1186/s12911-022-01875-w";
const KRIZHEVSKY = "Krizhevsky 2014, arXiv:1404.5997";
const CBAM = "Woo et al. 2018 (CBAM), arXiv:1807.06521";
const HE = "He et al. 2016, arXiv:1512.03385";
const SIMONYAN = "Simonyan and Zisserman 2015, arXiv:1409.1556";
const SZEGEDY = "Szegedy et al. 2015, arXiv:1409.4842";

/** Every network of the paper's comparison. */
export const NETWORKS: Readonly<Record<NetworkName, NetworkDescription>> = {
  "alexnet-attention": {
    build: (computation, image, settings) => alexNetAttention(computation, image, alexNetAttentionOptions(settings)),
    ...{ reference: WEI, imagenet: "alexnet", torchvisionKeys: [] },
  },
  alexnet: {
    build: (computation, image, settings) =>
      alexNet(computation, image, {
        widths: alexNetWidths(settings),
        hidden: scaled(PAPER_ALEXNET.hidden, widthOf(settings)),
        dropout: settings.dropout ?? PAPER_ALEXNET.dropout,
      }),
    ...{ reference: KRIZHEVSKY, imagenet: "alexnet_dense", torchvisionKeys: [] },
  },
  "alex-light": {
    build: (computation, image, settings) => alexLight(computation, image, alexNetWidths(settings)),
    ...{ reference: `${WEI} (ablation)`, imagenet: "alexnet", torchvisionKeys: [] },
  },
  "alex-ca": {
    build: (computation, image, settings) => alexNetChannelAttention(computation, image, alexNetWidths(settings)),
    ...{ reference: `${WEI}, with ${CBAM}`, imagenet: "alexnet", torchvisionKeys: [] },
  },
  mobilenet: {
    build: (computation, image, settings) => mobileNet(computation, image, widthOf(settings)),
    ...{ reference: "Howard et al. 2017, arXiv:1704.04861", imagenet: null, torchvisionKeys: [] },
  },
  "mobilenet-v2": {
    build: (computation, image, settings) =>
      mobileNetV2(computation, image, withDropout(settings, MOBILENET_V2_DROPOUT)),
    ...{ reference: "Sandler et al. 2018, arXiv:1801.04381", imagenet: "mobilenet_v2", torchvisionKeys: [] },
  },
  vgg16: {
    build: (computation, image, settings) => vgg16(computation, image, withDropout(settings, VGG_DROPOUT)),
    ...{ reference: SIMONYAN, imagenet: "vgg16_dense", torchvisionKeys: [] },
  },
  googlenet: {
    build: (computation, image, settings) => googLeNet(computation, image, googLeNetOptions(settings)),
    ...{ reference: SZEGEDY, imagenet: "googlenet", torchvisionKeys: [] },
  },
  resnet: residual(18),
  "resnet-50": residual(50),
  "msa-net": {
    build: (computation, image, settings) => msaNet(computation, image, widthOf(settings)),
    reference: "Al-Antary and Arafa 2021, doi:10.1109/ACCESS.2021.3070685 (a replica from the description)",
    ...{ imagenet: "resnet50", torchvisionKeys: CUT_RESNET_KEYS },
  },
  "vgg-attention": {
    build: (computation, image, settings) => vggAttention(computation, image, widthOf(settings), attentionOf(settings)),
    ...{ reference: `${WEI}, on ${SIMONYAN}`, imagenet: "vgg16", torchvisionKeys: [] },
  },
  "googlenet-attention": {
    build: (computation, image, settings) =>
      googLeNetAttention(computation, image, googLeNetOptions(settings), attentionOf(settings)),
    ...{ reference: `${WEI}, on ${SZEGEDY}`, imagenet: "googlenet", torchvisionKeys: CUT_GOOGLENET_KEYS },
  },
  "resnet-attention": residualWithAttention(18),
  "resnet-attention-50": residualWithAttention(50),
};

/** Adds the named network to a computation. image: [N, 3, H, W], normalised. */
export function buildNetwork(computation: Computation, image: Value, settings: NetworkSettings): NetworkOutput {
  return NETWORKS[settings.name].build(computation, image, settings);
}

/** The network of this name. Throws UNKNOWN_NETWORK. */
export function networkNamed(name: string): NetworkName {
  const known = NETWORK_NAMES.find((candidate) => candidate === name) ?? OTHER_NAMES[name];
  if (known !== undefined) return known;
  throw new UsageError("UNKNOWN_NETWORK", `There is no network "${name}". Choose one of ${NETWORK_NAMES.join(", ")}.`);
}

function residual(depth: ResNetDepth): NetworkDescription {
  return {
    build: (computation, image, settings) => resNet(computation, image, { depth, width: widthOf(settings) }),
    ...{ reference: HE, imagenet: `resnet${depth}`, torchvisionKeys: [] },
  };
}

function residualWithAttention(depth: ResNetDepth): NetworkDescription {
  return {
    build: (computation, image, settings) =>
      resNetAttention(computation, image, { depth, width: widthOf(settings) }, attentionOf(settings)),
    ...{ reference: `${WEI}, on ${HE}`, imagenet: `resnet${depth}`, torchvisionKeys: CUT_RESNET_KEYS },
  };
}

function widthOf({ widthMultiplier }: NetworkSettings): number {
  return widthMultiplier ?? 1;
}

function alexNetWidths(settings: NetworkSettings): AlexNetWidths {
  if (settings.widths !== undefined) return settings.widths;
  return PAPER_ALEXNET_ATTENTION.widths.map((filters) =>
    scaled(filters, widthOf(settings)),
  ) as unknown as AlexNetWidths;
}

function alexNetAttentionOptions(settings: NetworkSettings): AlexNetAttentionOptions {
  const taps = settings.attention?.taps ?? PAPER_ALEXNET_ATTENTION.taps;
  return { widths: alexNetWidths(settings), taps, attention: attentionOf(settings) };
}

function attentionOf(settings: NetworkSettings): AttentionOptions {
  const { taps: _, ...given } = settings.attention ?? {};
  const channels = scaled(PAPER_ATTENTION.channels, widthOf(settings));
  return { ...PAPER_ATTENTION, channels, ...given } as AttentionOptions;
}

function withDropout(settings: NetworkSettings, byDefault: number) {
  return { width: widthOf(settings), dropout: settings.dropout ?? byDefault };
}

function googLeNetOptions(settings: NetworkSettings) {
  return { ...withDropout(settings, GOOGLENET_DROPOUT), transformInput: settings.transformInput ?? false };
}
