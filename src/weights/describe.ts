import { sha256OfFile } from "../core/files.ts";
import { IMAGENET_LICENSE, publishedWithChecksum } from "./catalogue.ts";
import { storedNetwork } from "./model-network.ts";
import { fitEveryNetwork, fitNetwork, type NetworkFit } from "./network-weights.ts";
import { inspectWeightsFile } from "./read.ts";
import { BYTES_PER_ELEMENT, elementCount, type TensorEntry } from "./tensor-file.ts";

/** What `mn weights inspect` tells of a file. */
export interface WeightsDescription {
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The name of the published weights that this file is, by its checksum. */
  readonly published: string | null;
  /** From the file's metadata, or known for published weights; null: unknown. */
  readonly license: string | null;
  /** Numbers in all tensors together. */
  readonly parameters: number;
  readonly tensors: readonly (TensorEntry & { readonly bytes: number })[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The networks of which the file has tensors, best first; of a model of ours, its own network alone. */
  readonly fits: readonly NetworkFit[];
}

/** Describes a file of weights without reading its numbers. Throws what `readWeightsFile` throws. */
export async function describeWeightsFile(path: string): Promise<WeightsDescription> {
  const { format, bytes, entries, metadata } = await inspectWeightsFile(path);
  const sha256 = await sha256OfFile(path);
  const own = storedNetwork(metadata);
  const published = publishedWithChecksum(sha256)[0]?.name ?? null;
  return {
    format,
    bytes,
    sha256,
    published,
    license: metadata.license ?? (published === null ? null : IMAGENET_LICENSE),
    parameters: entries.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    tensors: entries.map((entry) => ({ ...entry, bytes: elementCount(entry.shape) * BYTES_PER_ELEMENT[entry.type] })),
    metadata,
    fits: own === undefined ? fitEveryNetwork(entries) : [fitNetwork(entries, own)],
  };
}
