import { DatasetError } from "../core/errors.ts";
import { sha256, writeFileAtomically } from "../core/files.ts";
import type { Cell, Dataset, Split } from "../dataset/cell.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { selectDevice } from "../engine/devices.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx, storedFloats } from "../engine/onnx-file.ts";
import { MODEL_SIDE, type WeighedNetwork } from "../networks/model-file.ts";
import { storedFamiliarity } from "../networks/unfamiliarity.ts";
import { MODEL_IN_THE_BOX, type ModelFile, readModel } from "../scoring/model.ts";
import { type CompletedModel, completeModel } from "../training/finish.ts";
import { networkOfModel } from "../weights/model-network.ts";
import type { CalibrateOptions } from "./calibrate.ts";
import { operatingPointOf } from "./completion-options.ts";
import { type Console, formatTable } from "./console.ts";
import { versionOfPackage } from "./version.ts";

/** Completes a model anew on labelled cells and writes it; its weights stay as they are. */
export async function runCalibration(
  first: string,
  second: string | undefined,
  options: CalibrateOptions,
  console: Console,
): Promise<void> {
  const [modelPath, data] = second === undefined ? [MODEL_IN_THE_BOX, first] : [first, second];
  const operatingPoint = operatingPointOf(options);
  const file = await readModel(modelPath);
  const { positive = file.metadata.positive_class, negative, where, split: wanted } = options;
  const dataset = await loadDataset(data, { positive, ...(negative === undefined ? {} : { negative }), where });
  const split = wanted ?? (dataset.cells.some((cell) => cell.split === "val") ? "val" : "all");
  const { balanceWithin } = file.metadata.training;
  const { device } = await selectDevice(options.device, console.message, { portable: true });
  const completed = await completeModel({
    ...partsOf(file),
    metadata: { ...file.metadata, version: versionOfPackage() },
    ...cellsToFit(dataset, split),
    balanceWithin: typeof balanceWithin === "string" ? balanceWithin : null,
    ...{ positiveClass: positive, calibrate: options.calibrate, operatingPoint, seed: options.seed },
    measuring: { session: { device, threads: options.threads ?? 0 }, reportProgress: console.progress },
    message: console.message,
  });
  await writeFileAtomically(options.out, completed.model);
  if (split === "all" && dataset.hash === file.metadata.data_hash)
    console.message("The model was trained on cells of this data: fitted to them, its probabilities are too sure.");
  const { calibration, unfamiliarity, operating_point } = completed.metadata;
  console.result(
    { model: options.out, modelSha256: sha256(completed.model), split, calibration, unfamiliarity, operating_point },
    describe(completed, options.out),
  );
}

/** The network, its numbers as they are stored, and what it knows to be familiar. */
export function partsOf({ bytes, metadata }: ModelFile): {
  weighed: WeighedNetwork;
  familiarity: ReturnType<typeof storedFamiliarity>;
} {
  const content = decodeOnnx(bytes);
  const weights = storedFloats(content);
  const { side } = metadata.training;
  const weight = [...content.initializers.values()].find(({ value }) => value.name.endsWith(".weight"));
  return {
    weighed: {
      network: networkOfModel(metadata.network),
      weights,
      storage: weight?.value.type === "float16" ? "float16" : "float32",
      side: typeof side === "number" ? side : MODEL_SIDE,
    },
    familiarity: storedFamiliarity(weights),
  };
}

/** The cells that are fitted to, those from which the familiar is learned, and those that only measure. Throws SPLIT_ABSENT. */
function cellsToFit({ cells, source }: Dataset, split: "val" | "test" | "all") {
  const ofSplit = (wanted: Split): Cell[] => cells.filter((cell) => cell.split === wanted);
  const validation = split === "all" ? cells : ofSplit(split);
  if (validation.length > 0)
    return { validation, training: ofSplit("train"), test: split === "val" ? ofSplit("test") : [] };
  throw new DatasetError(
    "SPLIT_ABSENT",
    `No labelled cell of ${source} is in the split "${split}". Choose another --split, or all.`,
  );
}

function describe({ metadata, evaluation }: CompletedModel, out: string): string {
  const { calibration, unfamiliarity, operating_point } = metadata;
  const rows = (["none", "temperature", "isotonic"] as const).flatMap((method) => {
    const quality = calibration.measured?.[method];
    if (quality === undefined) return [];
    const name = `${method}${method === calibration.method ? " (used)" : ""}`;
    return [[name, ...[quality.brier, quality.log_loss, quality.ece].map((value) => value.toFixed(4))]];
  });
  const { sensitivity, specificity } = evaluation.operatingPoint;
  return [
    `Calibrated on ${calibration.fitted_on}; method: ${calibration.method}. On cells that the fit has not seen:`,
    formatTable([["", "Brier score", "log loss", "calibration error"], ...rows]),
    `Called positive from ${operating_point.threshold.toFixed(3)} on (${operating_point.rule}): sensitivity ` +
      `${sensitivity.toFixed(3)}, specificity ${specificity.toFixed(3)} on these cells.`,
    unfamiliarityLine(unfamiliarity),
    `Model: ${out}`,
  ].join("\n");
}

function unfamiliarityLine(check: ModelMetadata["unfamiliarity"]): string {
  if (check === undefined) return "The model has no check for unfamiliar images.";
  return `Images above ${check.threshold.toFixed(2)} are called unfamiliar: ${((1 - check.quantile) * 100).toFixed(0)} % of ${check.chosen_on}.`;
}
