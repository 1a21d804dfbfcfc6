/** The library: what `mn` is made of, for programs. Every name is used in an example that the tests run. */

export { applyAugmentation, drawAugmentation } from "./augmentation/augment.ts";
export { MicronucleiError } from "./core/errors.ts";
export { RandomStream } from "./core/random.ts";
export type { Cell, Dataset } from "./dataset/cell.ts";
export { loadDataset } from "./dataset/load-dataset.ts";
export { assignSplits } from "./dataset/split.ts";
export { evaluateScores } from "./evaluation/evaluate.ts";
export { chooseOperatingPoint } from "./evaluation/operating-point.ts";
export { overlayAttention } from "./explanation/attention-image.ts";
export { readImage } from "./images/decode.ts";
export { encodePng } from "./images/encode.ts";
export { readModel } from "./scoring/model.ts";
export { scoreCells } from "./scoring/score-cells.ts";
export { synthesizeDataset } from "./synthesis/synthesize-dataset.ts";
export { parseTrainingSettings } from "./training/settings.ts";
export { train } from "./training/train.ts";
