import { readFile } from "node:fs/promises";
import { loadDataset } from "../dataset/load-dataset.ts";
import type { Device } from "../engine/session.ts";
import { parseTrainingSettings } from "../training/settings.ts";
import { train } from "../training/train.ts";
import type { Console } from "./console.ts";
import type { TrainOptions } from "./train.ts";

/** Loads the data, trains, and reports; stops after the step under way on Ctrl-C. */
export async function runTraining(data: string, options: TrainOptions, console: Console): Promise<void> {
  const settings = parseTrainingSettings(await settingsOf(options), options.settings ?? "the command line");
  const dataset = await loadDataset(data, {
    ...(options.positive === undefined ? {} : { positive: options.positive }),
    ...(options.negative === undefined ? {} : { negative: options.negative }),
    where: options.where,
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const outcome = await train({
    dataset,
    settings,
    runFolder: options.out,
    resume: options.resume,
    session: { device: "cpu" as Device, threads: options.threads ?? 0, blockSize: options.portable ? 0 : 16 },
    version: "0.1.0",
    reportProgress: console.progress,
    reportEpoch: () => {},
    message: console.message,
    signal: stop.signal,
  });
  console.result(
    outcome,
    outcome.finished ? `Trained. Model: ${options.out}/model.onnx` : "Stopped; go on with --resume.",
  );
}

async function settingsOf(options: TrainOptions): Promise<unknown> {
  const base = options.settings === undefined ? {} : (JSON.parse(await readFile(options.settings, "utf8")) as object);
  const {
    network,
    epochs,
    batch,
    seed,
    gamma,
    learningRate,
    decayEvery,
    clipNorm,
    augmentation,
    balance,
    balanceWithin,
    weights,
  } = options;
  const schedule = { ...given({ learningRate, everyEpochs: decayEvery }) };
  return {
    network: { name: network },
    ...base,
    ...given({ epochs, batch, seed, clipNorm, augmentation, balance, balanceWithin, weights }),
    ...(gamma === undefined ? {} : { loss: { gamma } }),
    ...(Object.keys(schedule).length > 0 ? { schedule } : {}),
  };
}

function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
