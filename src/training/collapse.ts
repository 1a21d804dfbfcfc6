import type { EpochRecord } from "./history.ts";
import type { TrainingSettings } from "./settings.ts";

/** How close to the loss of one answer for every cell the last epoch's is where nothing has been learnt. */
const CLOSE = 0.95;

/**
 * What to say of a training that ended with no more than one answer for every cell, because it blew up or never left its
 * start; else null. On balanced classes the best such answer is one half, whose focal loss is ln 2 / 2^gamma.
 */
export function describeCollapse(
  history: readonly EpochRecord[],
  { loss: { gamma }, balance }: Pick<TrainingSettings, "loss" | "balance">,
): string | null {
  const last = history.at(-1);
  const ofOneAnswer = Math.LN2 / 2 ** gamma;
  if (last === undefined || balance === "none" || last.trainingLoss < CLOSE * ofOneAnswer) return null;
  const kept = history.findLast((record) => record.kept);
  return (
    `The training loss ended at ${last.trainingLoss.toFixed(4)}, and one answer for every cell has ${ofOneAnswer.toFixed(4)}: in ` +
    `the end the network hardly told cells apart. The model is that of epoch ${kept?.epoch}, with a validation AUC of ` +
    `${kept?.validationAuc.toFixed(4)}. Train again with a smaller --learning-rate, longer where it starts ` +
    "from random weights, or with another --seed."
  );
}
