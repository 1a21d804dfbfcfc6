import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";

export interface FocalLossOptions {
  /** Focusing exponent, at least 0; 0 is cross-entropy, the paper uses 2. */
  readonly gamma: number;
  /** Weight of each class, or null for 1. */
  readonly classWeights: readonly number[] | null;
}

export const PAPER_FOCAL_LOSS: FocalLossOptions = { gamma: 2, classWeights: null };

/** Keeps q^(gamma - 1) finite for 0 < gamma < 1 where the target is certain. */
const LEAST_COMPLEMENT = 1e-30;

/**
 * Focal loss, Wei et al. 2022, equations 7 and 8 (Lin et al. 2017): with p = softmax(z) and t the target class,
 *
 *   FL_n = -alpha_t (1 - p_t)^gamma log p_t     loss = sum_n weight_n FL_n
 *   dFL/dz_j = alpha_t (gamma (1 - p_t)^(gamma - 1) p_t log p_t - (1 - p_t)^gamma) (1[j = t] - p_j)
 *
 * logits: [N, K]   target: [N, K], one-hot   sampleWeights: [N, 1], 1/n for a mean over n, 0 for padding   loss: []
 *
 * log p comes from LogSoftmax and 1 - p_t is the sum of the other probabilities, so both are exact where p_t is near
 * 0 or 1, and everything is finite for logits up to 1e38.
 */
export function focalLoss(
  computation: Computation,
  logits: Value,
  target: Value,
  sampleWeights: Value,
  options: FocalLossOptions = PAPER_FOCAL_LOSS,
): Value {
  const { graph } = computation;
  const { gamma, classWeights } = options;
  const multiply = (a: Value, b: Value) => graph.add("Mul", [a, b]);
  const power = (base: Value, exponent: number) => graph.add("Pow", [base, graph.scalar(exponent)]);
  const logProbabilities = graph.add("LogSoftmax", [logits], { axis: 1 });
  const probabilities = graph.add("Softmax", [logits], { axis: 1 });
  const logTarget = graph.sum(multiply(logProbabilities, target), [1], true);
  const others = graph.add("Sub", [graph.scalar(1), target]);
  const complement = graph.add("Max", [
    graph.sum(multiply(probabilities, others), [1], true),
    graph.scalar(LEAST_COMPLEMENT),
  ]);
  const weights =
    classWeights === null
      ? sampleWeights
      : multiply(
          sampleWeights,
          graph.sum(multiply(target, graph.constant(classWeights, [1, classWeights.length])), [1], true),
        );
  const focus = gamma === 0 ? null : power(complement, gamma);
  const focused = focus === null ? logTarget : multiply(focus, logTarget);
  const loss = graph.add("Neg", [graph.sum(multiply(weights, focused), [0, 1], false)]);
  computation.startFrom(() => {
    const slope = focus === null ? graph.scalar(-1) : slopeOf(focus);
    const direction = graph.add("Sub", [target, probabilities]);
    computation.accumulate(logits, multiply(direction, multiply(weights, slope)));
  });
  return loss;

  function slopeOf(focusFactor: Value): Value {
    const targetProbability = graph.sum(multiply(probabilities, target), [1], true);
    const steep = gamma === 1 ? logTarget : multiply(power(complement, gamma - 1), logTarget);
    const first = multiply(multiply(steep, targetProbability), graph.scalar(gamma));
    return graph.add("Sub", [first, focusFactor]);
  }
}

/** Focal loss of two classes from the margin m = z_target - z_other: p = 1 / (1 + e^-m), (1 - p)^gamma log(1 + e^-m). */
export function focalLossOfMargin(margin: number, gamma: number): number {
  const surprise = margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  return (1 - Math.exp(-surprise)) ** gamma * surprise;
}
