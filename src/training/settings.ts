import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { NETWORKS, type NetworkSettings, networkSettingsSchema } from "../networks/networks.ts";

const positiveInteger = z.int().positive();

/** The name that `weights` may have in place of a file: the published ImageNet weights of the network, wherever this machine keeps them. */
export const IMAGENET = "imagenet";

const settingsSchema = z.strictObject({
  network: networkSettingsSchema.prefault({ name: "alexnet-attention" }),
  /** Pixels; images are resized to side x side. */
  side: positiveInteger.default(224),
  epochs: positiveInteger.default(60),
  batch: positiveInteger.default(32),
  /** Images of a batch whose gradients are computed at once; a divisor of the batch. Absent: as the memory allows. */
  microBatch: positiveInteger.optional(),
  /** What a training may take beside its images, megabytes, roughly; larger batches are computed in parts. */
  memoryLimitMegabytes: z.number().positive().default(6000),
  seed: z.int().nonnegative().default(1),
  loss: z.strictObject({ gamma: z.number().nonnegative().default(2) }).prefault({}),
  optimiser: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("sgd"),
        momentum: z.number().min(0).max(1).default(0.9),
        weightDecay: z.number().nonnegative().default(1e-4),
        nesterov: z.boolean().default(false),
      }),
      z.strictObject({ kind: z.literal("adamw"), weightDecay: z.number().nonnegative().default(1e-2) }),
    ])
    .prefault({ kind: "sgd" }),
  schedule: z
    .strictObject({
      learningRate: z.number().positive().default(0.01),
      everyEpochs: positiveInteger.default(20),
      factor: z.number().positive().max(1).default(0.1),
      /** Absent: 0 with given weights, one epoch from random ones. */
      warmUpSteps: z.int().nonnegative().optional(),
      /** Absent: 0 with given weights, 1200 from random ones. */
      leastSteps: z.int().nonnegative().optional(),
    })
    .prefault({}),
  /** Greatest norm of the gradient; null: no limit. Absent: 5 with given weights, 1 where most or all are random. */
  clipNorm: z.number().positive().nullable().optional(),
  /** Epochs over which the weights are averaged for the model (weight-average.ts). Absent: those of the last step. */
  averageEpochs: z.number().positive().optional(),
  /**
   * "paper": fixed augmented copies; "online": a new variant of every image in every epoch; "microscopes": the same with focus,
   * tone and exposure of other microscopes; "none".
   */
  augmentation: z.enum(["paper", "online", "microscopes", "none"]).default("paper"),
  /** Which splits are balanced: training and validation (the paper's TVAD), training only (TAD), none. */
  balance: z.enum(["tvad", "tad", "none"]).default("tvad"),
  /** Column within each value of which classes are balanced (such as "source"), or null. */
  balanceWithin: z.string().nullable().default(null),
  /** How the finished model stores its weights; float16 halves the file. */
  storage: z.enum(["float32", "float16"]).default("float32"),
  /** Licences that the data and the starting weights lay upon the model; written into its metadata. */
  licences: z.array(z.string()).default([]),
  /** A file of weights to start from, "imagenet", or null for random ones. */
  weights: z.string().nullable().default(null),
});

/** Every setting of a training. Defaults are the paper's where it fixes one, otherwise those of PAPER.md's open points. */
export const trainingSettingsSchema = settingsSchema
  .refine(({ weights, network }) => weights !== IMAGENET || NETWORKS[network.name].imagenet !== null, {
    path: ["weights"],
    error: ({ input }) => noneFor((input as z.infer<typeof settingsSchema>).network),
  })
  .transform((settings) => {
    const { weights, network } = settings;
    const isGoogLeNet = weights === IMAGENET && NETWORKS[network.name].imagenet === "googlenet";
    // Its published weights were trained with pixels from -1 to 1.
    return isGoogLeNet ? { ...settings, network: { transformInput: true, ...network } } : settings;
  });

export type TrainingSettings = z.infer<typeof trainingSettingsSchema>;

function noneFor({ name }: NetworkSettings): string {
  const others = Object.entries(NETWORKS).flatMap(([other, { imagenet }]) => (imagenet === null ? [] : [other]));
  return (
    `Torchvision publishes no ImageNet weights for the network "${name}". Leave weights out to start from random ones, ` +
    `name a file, or choose one of ${others.join(", ")}`
  );
}

/** Fills in defaults and checks; `where` names the file or command line in the message. Throws TRAINING_SETTINGS. */
export function parseTrainingSettings(value: unknown, where: string): TrainingSettings {
  const checked = trainingSettingsSchema.safeParse(value);
  if (checked.success) return checked.data;
  throw new UsageError(
    "TRAINING_SETTINGS",
    `The training settings of ${where} are not usable: ${z.prettifyError(checked.error)}`,
  );
}
