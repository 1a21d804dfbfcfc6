import { drawAugmentation } from "../augmentation/augment.ts";
import { type AugmentationRecipe, MICROSCOPES_RECIPE, ONLINE_RECIPE, PAPER_RECIPE } from "../augmentation/recipe.ts";
import type { RandomStream } from "../core/random.ts";
import { planNatural, planTraining, type TrainingPlan, type TrainingSample } from "../dataset/balance.ts";
import type { Cell } from "../dataset/cell.ts";
import type { BatchImage } from "./preparation-worker.ts";
import type { TrainingSettings } from "./settings.ts";

/** Those of which every image is varied anew in every epoch. */
const RECIPES_OF_EPOCHS: Partial<Record<TrainingSettings["augmentation"], AugmentationRecipe>> = {
  online: ONLINE_RECIPE,
  microscopes: MICROSCOPES_RECIPE,
};

export interface PlanSettings {
  readonly augmentation: TrainingSettings["augmentation"];
  readonly balanced: boolean;
  /** Column of the manifest within each value of which classes are balanced, or null for all cells together. */
  readonly balanceWithin: string | null;
  readonly positiveClass: string;
}

/** Which images one epoch shows, in order, each with its class: 1 for positive cells. */
export interface EpochImage extends BatchImage {
  readonly positive: boolean;
}

/**
 * The images of one training epoch.
 *
 * "paper": the balanced set is drawn once; its augmented copies are the same in every epoch, only the order changes.
 * "online" and "microscopes": the commoner class is drawn anew and every image varied anew in every epoch. `stream` is the training's
 * and is only forked, so an epoch's plan depends on the seed and the epoch alone.
 */
export function planEpoch(
  cells: readonly Cell[],
  settings: PlanSettings,
  stream: RandomStream,
  epoch: number,
): EpochImage[] {
  const online = RECIPES_OF_EPOCHS[settings.augmentation] !== undefined;
  const plan = planOnce(cells, settings, online ? stream.fork(`balance ${epoch}`) : stream.fork("balance"));
  const images = plan.samples.map((sample) => ({
    ...imageOf(sample, settings, online ? stream.fork(`epoch ${epoch}`) : stream),
    positive: (cells[sample.cell] as Cell).label === settings.positiveClass,
  }));
  return stream.fork(`order ${epoch}`).shuffle(images);
}

/** The images of the validation set: the same in every epoch, in the order of the cells. */
export function planValidation(cells: readonly Cell[], settings: PlanSettings, stream: RandomStream): EpochImage[] {
  const own = stream.fork("validation");
  const varies = RECIPES_OF_EPOCHS[settings.augmentation] !== undefined;
  const fixed = varies ? ({ ...settings, augmentation: "paper" } as const) : settings;
  return planOnce(cells, fixed, own.fork("balance")).samples.map((sample) => ({
    ...imageOf(sample, fixed, own),
    positive: (cells[sample.cell] as Cell).label === settings.positiveClass,
  }));
}

/**
 * The balanced or natural set, with its counts. Balanced within each value of a column where one is named, so that, for
 * instance, the source of an image does not give its class away.
 */
export function planOnce(cells: readonly Cell[], settings: PlanSettings, stream: RandomStream): TrainingPlan {
  const { positiveClass, balanceWithin } = settings;
  if (!settings.balanced) return planNatural(cells, positiveClass);
  const enlarge = settings.augmentation === "none" ? { enlargement: 1 } : {};
  if (balanceWithin === null) return planTraining(cells, { positiveClass, stream, ...enlarge });
  const parts = Map.groupBy(cells.keys(), (index) => cells[index]?.columns[balanceWithin] ?? "");
  const plans = [...parts].map(([value, indices]) => {
    const members = indices.map((index) => cells[index] as Cell);
    const plan = planTraining(members, { positiveClass, stream: stream.fork(value), ...enlarge });
    return { counts: plan.counts, samples: plan.samples.map((s) => ({ ...s, cell: indices[s.cell] as number })) };
  });
  const sum = (when: "before" | "after") => ({
    positive: plans.reduce((total, { counts }) => total + counts[when].positive, 0),
    negative: plans.reduce((total, { counts }) => total + counts[when].negative, 0),
  });
  return { samples: plans.flatMap(({ samples }) => samples), counts: { before: sum("before"), after: sum("after") } };
}

function imageOf({ cell, copy }: TrainingSample, settings: PlanSettings, stream: RandomStream): BatchImage {
  const { augmentation } = settings;
  const recipe = RECIPES_OF_EPOCHS[augmentation] ?? (augmentation === "paper" && copy > 0 ? PAPER_RECIPE : undefined);
  if (recipe === undefined) return { index: cell, augmentation: null };
  return { index: cell, augmentation: drawAugmentation(stream.fork(`image ${cell} copy ${copy}`), recipe) };
}
