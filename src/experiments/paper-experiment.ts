import { type Experiment, type ExperimentEntry, parseExperiment } from "./experiment.ts";

export const PRESETS = ["quick", "standard", "full"] as const;
export type Preset = (typeof PRESETS)[number];

const ALEXNET_FAMILY: readonly ExperimentEntry[] = [
  { name: "alexnet-attention", settings: { network: { name: "alexnet-attention" } } },
  {
    name: "alexnet-attention-tad",
    settings: { network: { name: "alexnet-attention" }, balance: "tad" },
    note: "only the training set augmented and balanced",
  },
  {
    name: "alexnet-attention-ce",
    settings: { network: { name: "alexnet-attention" }, loss: { gamma: 0 } },
    note: "cross-entropy in place of focal loss",
  },
  { name: "alex-light", settings: { network: { name: "alex-light" } }, note: "no dense layers, no attention" },
  {
    name: "alex-ca",
    settings: { network: { name: "alex-ca" } },
    note: "channel attention (CBAM) in place of the attention modules",
  },
  { name: "alexnet", settings: { network: { name: "alexnet" } }, note: "with its dense layers" },
];

/** Published weights fit the AlexNet family alone: what the others, from random weights, are compared with. */
const FROM_RANDOM: ExperimentEntry = {
  name: "alexnet-attention-random",
  settings: { network: { name: "alexnet-attention" }, weights: null },
  note: "from random weights, as the other networks",
};

const OTHER_NETWORKS: readonly Pick<ExperimentEntry, "name" | "note">[] = [
  { name: "mobilenet" },
  { name: "googlenet" },
  { name: "resnet" },
  { name: "vgg16" },
  { name: "msa-net", note: "a replica from its description" },
  { name: "googlenet-attention" },
  { name: "resnet-attention" },
  { name: "vgg-attention" },
];

const OTHERS: readonly ExperimentEntry[] = [
  FROM_RANDOM,
  ...OTHER_NETWORKS.map(({ name, ...rest }) => ({
    name,
    settings: { network: { name } },
    comparedWith: FROM_RANDOM.name,
    ...rest,
  })),
];

const COMPARED = { proposed: "alexnet-attention", tad: "alexnet-attention-tad" } as const;

/**
 * The paper's comparison (Wei et al. 2022, tables 3 to 6). `full`: every network, 60 epochs. `standard`: the AlexNet family with
 * three seeds and 15 epochs, the proposed network once with 60, the others once with 4. `quick`: narrow AlexNets on small images,
 * for a first look and for tests; its numbers say nothing about the networks.
 */
export function paperExperiment(preset: Preset): Experiment {
  return parseExperiment({ ...COMPARED, ...PLANS[preset] }, `the preset "${preset}"`);
}

/** A schedule that a small machine can make with three seeds. */
export const SHORT = { epochs: 15, schedule: { everyEpochs: 5 } } as const;

/** Narrow networks on small images for a few epochs. */
export const NARROW = {
  network: { widthMultiplier: 0.125 },
  side: 67,
  epochs: 4,
  batch: 16,
  schedule: { learningRate: 0.005, everyEpochs: 3, leastSteps: 0 },
} as const;

const PLANS: Readonly<Record<Preset, object>> = {
  full: {
    title: "Recognition of micronuclei: the paper's comparison",
    seeds: [1],
    entries: [...ALEXNET_FAMILY, ...OTHERS],
  },
  standard: {
    title: "Recognition of micronuclei: the paper's comparison on a short schedule",
    base: SHORT,
    seeds: [1, 2, 3],
    entries: [
      ...ALEXNET_FAMILY,
      {
        name: "alexnet-attention-60",
        settings: { network: { name: "alexnet-attention" }, epochs: 60, schedule: { everyEpochs: 20 } },
        seeds: [1],
        note: "the paper's 60 epochs",
      },
      ...OTHERS.map((entry) => ({
        ...entry,
        settings: { ...entry.settings, epochs: 4, schedule: { everyEpochs: 2 } },
        seeds: [1],
        note: [entry.note, "4 epochs only"].filter((note) => note !== undefined).join("; "),
      })),
    ],
  },
  quick: {
    title: "A first look: narrow networks on small images",
    base: NARROW,
    seeds: [1],
    entries: ALEXNET_FAMILY.filter(({ name }) => name !== "alexnet"),
  },
};
