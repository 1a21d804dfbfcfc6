import { TrainingError } from "../core/errors.ts";
import { collectGarbage } from "../core/garbage.ts";
import type { RandomStream } from "../core/random.ts";
import type { Cell } from "../dataset/cell.ts";
import type { Parameter } from "../engine/computation.ts";
import { areaUnderRoc } from "../evaluation/roc.ts";
import { classifyImages, preparedBatches, type TrainingThreads } from "./batches.ts";
import type { StartingPoint } from "./beginning.ts";
import { type EpochImage, type PlanSettings, planEpoch, planValidation } from "./epoch-plan.ts";
import { focalLossOfMargin } from "./focal-loss.ts";
import { type EpochRecord, readHistory, writeHistory } from "./history.ts";
import type { TrainingOutcome, TrainingRequest } from "./request.ts";
import { keepCandidate, START_POSITION, type TrainingPosition, writeRunFile } from "./run-folder.ts";
import { describeRunModel } from "./run-model.ts";
import { learningRateAt, type ScheduleSettings } from "./schedule.ts";
import type { StartedFrom } from "./started-from.ts";
import { CAUTION, type Caution } from "./starting-weights.ts";
import type { Averaging } from "./step-worker.ts";

export type TrainingCells = Readonly<Record<"training" | "validation", readonly Cell[]>>;

/** The part of a training that goes from step to step. */
export class TrainingRun {
  readonly #request: TrainingRequest;
  readonly #threads: TrainingThreads;
  readonly #stream: RandomStream;
  readonly #training: readonly Cell[];
  readonly #planSettings: PlanSettings;
  readonly #validationImages: readonly EpochImage[];
  readonly #schedule: ScheduleSettings;
  readonly #stepsPerEpoch: number;
  readonly #startedFrom: StartedFrom | null;

  constructor(
    request: TrainingRequest,
    threads: TrainingThreads,
    stream: RandomStream,
    { training, validation }: TrainingCells,
    { origin, startedFrom }: StartingPoint,
  ) {
    const caution = CAUTION[origin];
    this.#startedFrom = startedFrom;
    const { settings, dataset } = request;
    this.#request = request;
    this.#threads = threads;
    this.#stream = stream;
    this.#training = training;
    const { augmentation, balance, balanceWithin, batch, schedule } = settings;
    const { positiveClass } = dataset;
    this.#planSettings = { augmentation, balanced: balance !== "none", balanceWithin, positiveClass };
    const validationSettings = { augmentation, balanced: balance === "tvad", balanceWithin, positiveClass };
    this.#validationImages = planValidation(validation, validationSettings, stream).map((image) => ({
      ...image,
      index: image.index + training.length,
    }));
    this.#stepsPerEpoch = Math.ceil(this.#planOf(0).length / batch);
    this.#schedule = {
      ...schedule,
      warmUpSteps: schedule.warmUpSteps ?? caution.warmUpEpochs * this.#stepsPerEpoch,
      leastSteps: schedule.leastSteps ?? caution.leastSteps,
    };
    this.#warnOfFewSteps(caution);
  }

  /** What the model is averaged over, or null. */
  averaging(tensors: readonly Parameter[]): Averaging | null {
    const { averageEpochs } = this.#request.settings;
    if (averageEpochs === undefined) return null;
    return { names: tensors.map(({ name }) => name), steps: Math.round(averageEpochs * this.#stepsPerEpoch) };
  }

  #warnOfFewSteps({ leastSteps }: Caution): void {
    const { settings, message } = this.#request;
    const steps = settings.epochs * this.#stepsPerEpoch;
    if (leastSteps === 0 || settings.schedule.leastSteps !== undefined || steps > leastSteps) return;
    message(
      `${settings.epochs} epochs of this data are ${steps} steps. From random weights a network needs about ` +
        `${leastSteps} before the learning rate falls, so it will not fall here: train for at least ` +
        `${Math.ceil((1.5 * leastSteps) / this.#stepsPerEpoch)} epochs, or start with --weights.`,
    );
  }

  async continueFrom(start: TrainingPosition): Promise<Omit<TrainingOutcome, "evaluation">> {
    const { settings, runFolder, signal } = this.#request;
    let position = start;
    let history = await readHistory(runFolder, position.epoch);
    while (position.epoch < settings.epochs) {
      const started = performance.now();
      const firstStep = position.stepInEpoch;
      position = await this.#trainEpoch(position, history);
      if (signal.aborted && position.stepInEpoch < this.#stepsPerEpoch) {
        await this.#threads.step.call("saveCheckpoint", { runFolder, position });
        return { finished: false, history, best: position.best };
      }
      const seconds = (performance.now() - started) / 1000;
      const speed = ((this.#stepsPerEpoch - firstStep) * settings.batch) / seconds;
      [position, history] = await this.#finishEpoch(position, history, seconds, speed);
      if (signal.aborted) break;
    }
    return { finished: position.epoch >= settings.epochs, history, best: position.best };
  }

  #planOf(epoch: number): EpochImage[] {
    return planEpoch(this.#training, this.#planSettings, this.#stream, epoch);
  }

  async #trainEpoch(start: TrainingPosition, history: readonly EpochRecord[]): Promise<TrainingPosition> {
    const { settings, signal } = this.#request;
    const plan = this.#planOf(start.epoch);
    if (this.#request.logAugmentation) await this.#logAugmentation(plan, start.epoch + 1);
    const rest = plan.slice(start.stepInEpoch * settings.batch);
    let position = start;
    // What the last epoch left behind need not lie beside this one.
    collectGarbage("major");
    for await (const { images, pixels } of preparedBatches(this.#threads, rest, settings.batch)) {
      const slots = Array.from({ length: settings.batch }, (_, slot) => images[slot]);
      const { loss, buffer } = await this.#threads.step.call(
        "step",
        {
          pixels,
          side: settings.side,
          classes: slots.map((image) => (image?.positive ? 1 : 0)),
          sampleWeights: slots.map((image) => (image === undefined ? 0 : 1 / images.length)),
          learningRate: this.#learningRate(position),
          step: position.steps + 1,
        },
        [pixels.buffer],
      );
      this.#threads.free.push(buffer);
      if (!Number.isFinite(loss)) throw lossNotFinite(loss, position);
      position = {
        ...position,
        stepInEpoch: position.stepInEpoch + 1,
        steps: position.steps + 1,
        lossSum: position.lossSum + loss * images.length,
        imagesSeen: position.imagesSeen + images.length,
      };
      this.#report(position, history);
      if (signal.aborted) return position;
    }
    return position;
  }

  /** One line an image in the order in which they are shown: its file, its class, and its parameters or null. */
  async #logAugmentation(plan: readonly EpochImage[], epoch: number): Promise<void> {
    const lines = plan.map(({ index, positive, augmentation }) =>
      JSON.stringify({ file: this.#training[index]?.file, positive, augmentation }),
    );
    const name = `augmentation/epoch-${String(epoch).padStart(3, "0")}.jsonl`;
    await writeRunFile(this.#request.runFolder, name, `${lines.join("\n")}\n`);
  }

  #learningRate({ epoch, steps }: TrainingPosition): number {
    return learningRateAt(this.#schedule, epoch, steps, this.#stepsPerEpoch);
  }

  /** Validates, keeps the model where it is the best so far, writes history and checkpoint. */
  async #finishEpoch(
    position: TrainingPosition,
    history: readonly EpochRecord[],
    seconds: number,
    imagesPerSecond: number,
  ): Promise<[TrainingPosition, EpochRecord[]]> {
    const { runFolder, settings } = this.#request;
    const epoch = position.epoch + 1;
    const { loss, auc, kept } = await this.#validateModel(epoch, position.best);
    const record: EpochRecord = {
      epoch,
      learningRate: this.#learningRate({ ...position, steps: position.steps - 1 }),
      trainingLoss: position.lossSum / position.imagesSeen,
      validationLoss: loss,
      validationAuc: auc,
      imagesPerSecond,
      seconds,
      kept,
    };
    const renewed: TrainingPosition = {
      ...position,
      ...START_POSITION,
      epoch,
      steps: position.steps,
      best: kept ? { epoch, auc } : position.best,
    };
    const records = [...history, record];
    await writeHistory(runFolder, records);
    await this.#threads.step.call("saveCheckpoint", { runFolder, position: renewed });
    await this.#request.reportEpoch(records);
    this.#report(renewed, records);
    this.#request.message(
      `Epoch ${epoch} of ${settings.epochs}: training loss ${record.trainingLoss.toFixed(4)}, validation loss ` +
        `${loss.toFixed(4)}, validation AUC ${auc.toFixed(4)}${kept ? " (kept)" : ""}, ${imagesPerSecond.toFixed(0)} images/s.`,
    );
    return [renewed, records];
  }

  /** Measures the model of the present weights on the validation images, and keeps it where it is the best so far. */
  async #validateModel(epoch: number, best: TrainingPosition["best"]) {
    const { loss, auc } = await this.#validate(epoch);
    const kept = best === null || auc > best.auc;
    if (kept) await keepCandidate(this.#request.runFolder);
    return { loss, auc, kept };
  }

  async #validate(epoch: number): Promise<{ loss: number; auc: number }> {
    const { runFolder, settings } = this.#request;
    const { network, side, loss } = settings;
    const images = this.#validationImages;
    const metadata = describeRunModel(this.#request, this.#startedFrom, epoch);
    const candidate = { runFolder, network, side, metadata };
    const { probabilities, logits } = await classifyImages(this.#threads, candidate, images, side);
    const positives = images.map(({ positive }) => positive);
    const losses = positives.map((positive, index) => {
      const margin = (positive ? 1 : -1) * (logits[index] as number);
      return focalLossOfMargin(margin, loss.gamma);
    });
    const mean = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    return { loss: mean, auc: areaUnderRoc(probabilities, positives) };
  }

  #report(position: TrainingPosition, history: readonly EpochRecord[]): void {
    const { settings, reportProgress } = this.#request;
    const last = history.at(-1);
    const details = [
      `epoch ${Math.min(position.epoch + 1, settings.epochs)} of ${settings.epochs}`,
      ...(position.imagesSeen > 0 ? [`loss ${(position.lossSum / position.imagesSeen).toFixed(4)}`] : []),
      ...(last === undefined
        ? []
        : [`AUC ${last.validationAuc.toFixed(4)}`, `${last.imagesPerSecond.toFixed(0)} images/s`]),
    ];
    reportProgress({
      stage: "Training",
      done: position.epoch * this.#stepsPerEpoch + position.stepInEpoch,
      total: settings.epochs * this.#stepsPerEpoch,
      detail: details.join(", "),
    });
  }
}

function lossNotFinite(loss: number, { epoch, stepInEpoch }: TrainingPosition): TrainingError {
  return new TrainingError(
    "LOSS_NOT_FINITE",
    `The loss became ${loss} in epoch ${epoch + 1}, step ${stepInEpoch + 1}: the training diverged. The last finished ` +
      `epoch is kept. Start anew with a lower --learning-rate (a tenth, say) or a lower --clip-norm (1, say).`,
  );
}
