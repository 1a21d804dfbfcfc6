import type { Value } from "../engine/graph.ts";

/** What a network makes of a batch. */
export interface NetworkOutput {
  /** [N, 2]: negative class, positive class. */
  readonly logits: Value;
  /** Maps [N, 1, h, w] with values in (0, 1), by the name of their model output: `attention_` and the tapped layer. */
  readonly attention: Readonly<Record<string, Value>>;
  /**
   * The maps whose channel means are all that the last layer, `head.fc`, sees, in its order; absent for networks that are
   * not of this kind. From them comes the evidence (evidence.ts).
   */
  readonly pooled?: readonly PooledMap[];
}

/** Features [N, C, h, w] and the attention [N, 1, h, w] that they are multiplied by before their mean, if any. */
export interface PooledMap {
  readonly features: Value;
  readonly attention: Value | null;
}

/** Every network in narrower form: channels of each layer times this share, at least 1. For tests and small machines. */
export type WidthMultiplier = number;

export function scaled(channels: number, multiplier: WidthMultiplier): number {
  return Math.max(1, Math.round(channels * multiplier));
}
