import { brierScore, equalWidthBins, expectedCalibrationError, logLoss } from "./calibration.ts";
import {
  applyCurve,
  applyTemperature,
  type CalibrationCurve,
  fitIsotonic,
  fitTemperature,
  TEMPERATURE_RANGE,
} from "./recalibration.ts";

export const CALIBRATION_CHOICES = ["auto", "temperature", "isotonic", "none"] as const;

/** What `--calibrate` takes: `auto` is the method that measures best. */
export type CalibrationChoice = (typeof CALIBRATION_CHOICES)[number];
export type CalibrationMethod = Exclude<CalibrationChoice, "auto">;

/** How logits (positive minus negative) become probabilities. */
export type Calibration =
  | { readonly method: "none" }
  | { readonly method: "temperature"; readonly temperature: number }
  | { readonly method: "isotonic"; readonly curve: CalibrationCurve };

/** How far probabilities are from the labels, each the less the better. */
export interface CalibrationQuality {
  readonly brier: number;
  readonly log_loss: number;
  /** Expected calibration error over ten bins of equal width. */
  readonly ece: number;
}

/** What was chosen, and what was measured on the way. */
export interface ChosenCalibration {
  readonly calibration: Calibration;
  /** Of every method that could be fitted, on cells that its fit has not seen; those of `none` are as they were. */
  readonly measured: Readonly<Partial<Record<CalibrationMethod, CalibrationQuality>>>;
  /** Why another method than the wanted one is used, or none. */
  readonly message: string | null;
}

interface TriedMethod {
  readonly method: CalibrationMethod;
  readonly calibration: Calibration;
  readonly quality: CalibrationQuality;
}

/** Cells of the rarer class below which a method's numbers would be noise: one parameter, or a curve. */
export const LEAST_OF_A_CLASS = { none: 0, temperature: 10, isotonic: 50 } as const;
const MOST_FOLDS = 5;
/** Simplest first: one with more freedom must be better by both measures. */
const METHODS: readonly CalibrationMethod[] = ["none", "temperature", "isotonic"];

/** Cells that training has not seen, at the share of positives at which the model will be used. */
export interface CalibrationCells {
  /** Positive minus negative logit of each. */
  readonly logits: ArrayLike<number>;
  readonly positives: readonly boolean[];
  /** Field, slide or donor of each; null for a cell whose group is not known. */
  readonly groups: readonly (string | null)[];
}

/**
 * Fits probabilities to cells. `auto` cross-validates over whole groups and takes the simplest method unless one with
 * more freedom has both the smaller Brier score and the smaller log loss. Where there are too few cells of a class, or
 * they do not determine a fit, a simpler method takes its place, with a message. Same input, same result.
 *
 * Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function chooseCalibration(cells: CalibrationCells, wanted: CalibrationChoice): ChosenCalibration {
  const folds = foldsOf(cells);
  const tried = METHODS.map((method) => tryMethod(method, cells, folds)).filter((outcome) => outcome !== null);
  const upTo = METHODS.indexOf(wanted === "auto" ? "isotonic" : wanted);
  const allowed = tried.filter(({ method }) => METHODS.indexOf(method) <= upTo);
  const chosen = wanted === "auto" ? bestOf(allowed) : (allowed.at(-1) as TriedMethod);
  return {
    calibration: chosen.calibration,
    measured: Object.fromEntries(tried.map(({ method, quality }) => [method, quality])),
    message: messageOn(wanted, chosen.method, cells.positives),
  };
}

/** The probability that a calibration gives for a logit. */
export function applyCalibration(calibration: Calibration, logit: number): number {
  if (calibration.method === "isotonic") return applyCurve(calibration.curve, logit);
  return applyTemperature(logit, calibration.method === "temperature" ? calibration.temperature : 1);
}

/** Brier score, log loss and calibration error of probabilities. Throws NOT_A_PROBABILITY or NO_CELLS. */
export function qualityOf(probabilities: ArrayLike<number>, positives: readonly boolean[]): CalibrationQuality {
  return {
    brier: brierScore(probabilities, positives),
    log_loss: logLoss(probabilities, positives),
    ece: expectedCalibrationError(equalWidthBins(probabilities, positives)),
  };
}

/** Fits a method to all cells and, for its quality, to each fold's others; null where the cells do not determine a fit. */
function tryMethod(method: CalibrationMethod, cells: CalibrationCells, folds: readonly number[]): TriedMethod | null {
  const { logits, positives } = cells;
  if (rarerClass(positives) < LEAST_OF_A_CLASS[method]) return null;
  const calibration = fitMethod(method, cells, () => true);
  if (calibration === null) return null;
  const heldOut = new Float64Array(positives.length);
  for (const fold of new Set(folds)) {
    const fit = fitMethod(method, cells, (cell) => folds[cell] !== fold);
    if (fit === null) return null;
    folds.forEach((own, cell) => {
      if (own === fold) heldOut[cell] = applyCalibration(fit, logits[cell] as number);
    });
  }
  return { method, calibration, quality: qualityOf(heldOut, positives) };
}

function fitMethod(
  method: CalibrationMethod,
  cells: CalibrationCells,
  isUsed: (cell: number) => boolean,
): Calibration | null {
  if (method === "none") return { method };
  const used = [...cells.positives.keys()].filter(isUsed);
  const logits = used.map((cell) => cells.logits[cell] as number);
  const positives = used.map((cell) => cells.positives[cell] as boolean);
  if (rarerClass(positives) === 0) return null;
  if (method === "isotonic") {
    const curve = fitIsotonic(logits, positives);
    return curve === null ? null : { method, curve };
  }
  const temperature = fitTemperature(logits, positives);
  // At an end of the range the classes are parted without error, or not at all: no temperature follows from that.
  return (TEMPERATURE_RANGE as readonly number[]).includes(temperature) ? null : { method, temperature };
}

/** The last method of the list that beats all before it by both measures. */
function bestOf(tried: readonly TriedMethod[]): TriedMethod {
  return tried.reduce((best, next) =>
    next.quality.brier < best.quality.brier && next.quality.log_loss < best.quality.log_loss ? next : best,
  );
}

/**
 * A fold for every cell, groups whole: the largest first, each to the fold that has the fewest positives, then the fewest
 * cells. Over single cells where fewer groups are known than there are folds.
 */
function foldsOf({ groups, positives }: CalibrationCells): number[] {
  const known = new Set(groups.filter((group) => group !== null)).size >= MOST_FOLDS;
  const members = Map.groupBy(positives.keys(), (cell) => (known ? (groups[cell] ?? cell) : cell));
  const sizes = Array.from({ length: MOST_FOLDS }, () => ({ positives: 0, cells: 0 }));
  const foldOf = new Array<number>(positives.length).fill(0);
  for (const cells of [...members.values()].sort((one, other) => other.length - one.length)) {
    const [fold] = [...sizes.keys()].sort((a, b) => lessFull(sizes[a] as FoldSize, sizes[b] as FoldSize));
    const size = sizes[fold as number] as FoldSize;
    for (const cell of cells) foldOf[cell] = fold as number;
    size.cells += cells.length;
    size.positives += cells.filter((cell) => positives[cell]).length;
  }
  return foldOf;
}

interface FoldSize {
  positives: number;
  cells: number;
}

function lessFull(one: FoldSize, other: FoldSize): number {
  return one.positives - other.positives || one.cells - other.cells;
}

function rarerClass(positives: readonly boolean[]): number {
  const count = positives.filter(Boolean).length;
  return Math.min(count, positives.length - count);
}

function messageOn(wanted: CalibrationChoice, used: CalibrationMethod, positives: readonly boolean[]): string | null {
  const count = positives.filter(Boolean).length;
  const cells = `${positives.length} validation cells, ${count} of them positive`;
  if (wanted !== "auto" && wanted !== used)
    return `The probabilities could not be calibrated by "${wanted}" (${cells}); the method is "${used}".`;
  if (wanted !== "auto" || used !== "none") return null;
  if (rarerClass(positives) < LEAST_OF_A_CLASS.temperature)
    return `The probabilities are not calibrated: ${cells} are too few (at least ${LEAST_OF_A_CLASS.temperature} of each class).`;
  return `The probabilities are not calibrated: no method measures better on the ${cells}.`;
}
