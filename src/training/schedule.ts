/**
 * The learning rate by epoch and step: base rate times `factor` after every `everyEpochs` epochs (the paper: 0.01,
 * times 0.1 every 20), with a linear rise over the first `warmUpSteps` steps, and no decay before `leastSteps` steps.
 */
export interface ScheduleSettings {
  readonly learningRate: number;
  readonly everyEpochs: number;
  readonly factor: number;
  readonly warmUpSteps: number;
  /** Steps that must have been made before the first decay; later decays move along. */
  readonly leastSteps: number;
}

/** The rate in force in epoch `epoch` (from 0) at step `step` of the whole training (from 0). */
export function learningRateAt(settings: ScheduleSettings, epoch: number, step: number, stepsPerEpoch: number): number {
  const { learningRate, everyEpochs, factor, warmUpSteps, leastSteps } = settings;
  const firstDecay = Math.max(everyEpochs, Math.ceil(leastSteps / stepsPerEpoch));
  const decays = epoch < firstDecay ? 0 : 1 + Math.floor((epoch - firstDecay) / everyEpochs);
  const warmUp = warmUpSteps === 0 ? 1 : Math.min(1, (step + 1) / warmUpSteps);
  let rate = learningRate * warmUp;
  // Repeated multiplication, as the schedulers of other frameworks, so that rates agree to the last digit.
  for (let decay = 0; decay < decays; decay++) rate *= factor;
  return rate;
}
