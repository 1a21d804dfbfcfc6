import { UsageError } from "../core/errors.ts";
import type { Keep } from "./tensor-file.ts";

/** Weights that torchvision publishes, trained on ImageNet. */
export interface PublishedWeights {
  readonly name: string;
  readonly url: string;
  /** Hexadecimal; where only its first eight digits are published, in the file's name, these. */
  readonly sha256: string;
  /** Size of the file in megabytes of 10^6 bytes, rounded. */
  readonly megabytes: number;
  /** Beginnings of the names of the layers that no network here has: ImageNet's classifiers. */
  readonly leftOut: readonly string[];
}

export const IMAGENET_LICENSE =
  "torchvision's weights, BSD-3-Clause (https://github.com/pytorch/vision/blob/main/LICENSE). Trained on ImageNet, whose " +
  "terms allow its images for non-commercial research and education (https://www.image-net.org/download): whether they " +
  "concern your use of the weights is for you to decide.";

const SERVER = "https://download.pytorch.org/models";

// The IMAGENET1K_V1 weights of torchvision 0.14.1, by their URLs there. In the file's name stand the first digits of its
// SHA-256; the whole ones are those that independent projects publish for the same files.
const ALEXNET = {
  url: `${SERVER}/alexnet-owt-7be5be79.pth`,
  sha256: "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
  megabytes: 244,
};
const VGG16 = {
  url: `${SERVER}/vgg16-397923af.pth`,
  sha256: "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
  megabytes: 553,
};

// Of AlexNet and VGG-16 most networks here have the convolutions alone: a tenth of the file. "dense": with the hidden layers.
const PUBLISHED: readonly PublishedWeights[] = [
  { name: "alexnet", ...ALEXNET, leftOut: ["classifier."] },
  { name: "alexnet_dense", ...ALEXNET, leftOut: ["classifier.6."] },
  { name: "vgg16", ...VGG16, leftOut: ["classifier."] },
  { name: "vgg16_dense", ...VGG16, leftOut: ["classifier.6."] },
  {
    name: "googlenet",
    url: `${SERVER}/googlenet-1378be20.pth`,
    sha256: "1378be20",
    megabytes: 52,
    leftOut: ["fc.", "aux1.", "aux2."],
  },
  {
    name: "resnet18",
    url: `${SERVER}/resnet18-f37072fd.pth`,
    sha256: "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    megabytes: 47,
    leftOut: ["fc."],
  },
  {
    name: "resnet50",
    url: `${SERVER}/resnet50-0676ba61.pth`,
    sha256: "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
    megabytes: 103,
    leftOut: ["fc."],
  },
  {
    name: "mobilenet_v2",
    url: `${SERVER}/mobilenet_v2-b0353104.pth`,
    sha256: "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    megabytes: 14,
    leftOut: ["classifier."],
  },
];

export const PUBLISHED_NAMES: readonly string[] = PUBLISHED.map(({ name }) => name);

/** The published weights of this name. Throws WEIGHTS_NAME_UNKNOWN. */
export function publishedWeights(name: string): PublishedWeights {
  const found = PUBLISHED.find((weights) => weights.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    "WEIGHTS_NAME_UNKNOWN",
    `There are no published weights "${name}". Choose one of ${PUBLISHED_NAMES.join(", ")}.`,
  );
}

/** The published weights whose file has this SHA-256; of some files there are two selections of layers. */
export function publishedWithChecksum(sha256: string): PublishedWeights[] {
  return PUBLISHED.filter((weights) => sha256.startsWith(weights.sha256));
}

/** The name of the file at the end of its URL. */
export function fileNameOf({ url }: PublishedWeights): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

/** Whether a tensor belongs to a layer that our networks have. */
export function keptLayers({ leftOut }: PublishedWeights): Keep {
  return (name) => !leftOut.some((beginning) => name.startsWith(beginning));
}
