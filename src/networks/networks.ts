import { UsageError } from "../core/errors.ts";
import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import {
  type AlexNetWidths,
  alexLight,
  alexNetAttention,
  type NetworkOutput,
  PAPER_ALEXNET_ATTENTION,
} from "./alexnet.ts";
import type { AttentionOptions } from "./attention.ts";

/** What `mn train --network` takes. */
export const NETWORK_NAMES = ["alexnet-attention", "alex-light"] as const;

export type NetworkName = (typeof NETWORK_NAMES)[number];

/** The settings that make a network anew from a model file: its name and what differs from its paper. */
export interface NetworkSettings {
  readonly name: NetworkName;
  /** Filters of AlexNet's five convolutions; smaller ones are for tests. */
  readonly widths?: AlexNetWidths | undefined;
  /** Points that the paper leaves open. */
  readonly attention?: { readonly [Key in keyof AttentionOptions]?: AttentionOptions[Key] | undefined } | undefined;
}

/** Adds the named network to a computation. image: [N, 3, H, W], normalised. */
export function buildNetwork(computation: Computation, image: Value, settings: NetworkSettings): NetworkOutput {
  const widths = settings.widths ?? PAPER_ALEXNET_ATTENTION.widths;
  switch (settings.name) {
    case "alexnet-attention": {
      const attention = { ...PAPER_ALEXNET_ATTENTION.attention, ...settings.attention } as AttentionOptions;
      return alexNetAttention(computation, image, { widths, attention });
    }
    case "alex-light":
      return alexLight(computation, image, widths);
  }
}

/** The network of this name. Throws UNKNOWN_NETWORK. */
export function networkNamed(name: string): NetworkName {
  const known = NETWORK_NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new UsageError("UNKNOWN_NETWORK", `There is no network "${name}". Choose one of ${NETWORK_NAMES.join(", ")}.`);
}
