import { type Experiment, type ExperimentEntry, parseExperiment } from "./experiment.ts";
import { NARROW, type Preset, SHORT } from "./paper-experiment.ts";

const PROPOSED = "proposed";

/** The attention modules of the proposed network, changed in one point. */
function attentionWith(name: string, attention: object, note: string): ExperimentEntry {
  return { name, settings: { network: { attention } }, note };
}

/** One setting changed in each; the open points of the paper among them. */
const CHANGES: readonly ExperimentEntry[] = [
  attentionWith("layer-5", { taps: [5] }, "attention on layer 5 alone"),
  attentionWith("layer-6", { taps: [6] }, "attention on layer 6 alone"),
  attentionWith("layers-4-5-6", { taps: [4, 5, 6] }, "attention on layer 4 too"),
  attentionWith("layers-2-5-6", { taps: [2, 5, 6] }, "attention on layer 2 too, of twice the resolution"),
  attentionWith("max-pooling", { pooling: "max" }, "the greatest value of each channel in place of its mean"),
  attentionWith("kernel-3", { kernel: 3 }, "3 x 3 kernels in the attention modules"),
  { name: "no-attention", settings: { network: { name: "alex-light" } }, note: "the last layer alone" },
  { name: "gamma-0", settings: { loss: { gamma: 0 } }, note: "cross-entropy" },
  { name: "gamma-1", settings: { loss: { gamma: 1 } } },
  { name: "gamma-5", settings: { loss: { gamma: 5 } } },
  { name: "no-augmentation", settings: { augmentation: "none" }, note: "balanced by leaving cells out alone" },
  { name: "online-augmentation", settings: { augmentation: "online" }, note: "new variants in every epoch" },
  {
    name: "microscopes-augmentation",
    settings: { augmentation: "microscopes" },
    note: "focus, tone and exposure of other microscopes too",
  },
  { name: "tad", settings: { balance: "tad" }, note: "only the training set augmented and balanced" },
  { name: "unbalanced", settings: { balance: "none" }, note: "the natural distribution" },
];

const NETWORK = { name: "alexnet-attention" } as const;

const PLANS: Readonly<Record<Preset, object>> = {
  full: { base: { network: NETWORK }, seeds: [1, 2, 3] },
  standard: { base: { ...SHORT, network: NETWORK }, seeds: [1, 2, 3] },
  quick: { base: { ...NARROW, network: { ...NARROW.network, ...NETWORK } }, seeds: [1] },
};

/**
 * The proposed network with one setting changed at a time. `pretrained`: the others start from given weights, so an entry from
 * random ones is added.
 */
export function ablationExperiment(preset: Preset, pretrained: boolean): Experiment {
  const random = { name: "random-weights", settings: { weights: null }, note: "started from random weights" };
  return parseExperiment(
    {
      ...{ title: "What each part of the proposed network and its training does", proposed: PROPOSED, tad: "tad" },
      ...PLANS[preset],
      entries: [{ name: PROPOSED }, ...CHANGES, ...(pretrained ? [random] : [])],
    },
    `the ablation "${preset}"`,
  );
}
