import type { Computation } from "../computation.ts";
import type { Graph, Value } from "../graph.ts";

/** All [C]. */
export interface BatchNormalisationTensors {
  /** gamma */
  readonly weight: Value;
  /** beta */
  readonly bias: Value;
  /** Buffers of the computation; only a training with batch statistics renews them. */
  readonly runningMean: Value;
  readonly runningVariance: Value;
}

export interface BatchNormalisationOptions {
  /** Keeps the division finite where a channel is constant. */
  readonly epsilon?: number;
  /** Share of the batch in the renewed running statistics. */
  readonly momentum?: number;
  /** In training: those of the batch, or the running ones, frozen. Inference always takes the running ones. */
  readonly statistics?: "batch" | "running";
}

/** Of images [N, C, H, W]: one number a channel. */
const ALL_BUT_CHANNELS = [0, 2, 3];

/**
 * Batch normalisation (Ioffe and Szegedy 2015), as torch.nn.BatchNorm2d:
 *
 *   y = gamma z + beta,   z = (x - mean) / sqrt(variance + epsilon)
 *
 * with mean and variance (divided by the count m = N H W) over batch and space. The running statistics become
 * (1 - momentum) old + momentum new, with the variance divided by m - 1. With batch statistics
 *
 *   dbeta = sum dy   dgamma = sum dy z   dx = gamma / sqrt(variance + epsilon) (dy - dbeta / m - z dgamma / m)
 *
 * x, y: [N, C, H, W]
 */
export function batchNormalisation(
  computation: Computation,
  x: Value,
  tensors: BatchNormalisationTensors,
  options: BatchNormalisationOptions = {},
): Value {
  const { graph } = computation;
  const { weight, bias } = tensors;
  const { epsilon = 1e-5, momentum = 0.1, statistics = "batch" } = options;
  const ofBatch = computation.training && statistics === "batch";
  const { mean, variance } = ofBatch
    ? batchStatistics(computation, x, tensors, momentum)
    : { mean: tensors.runningMean, variance: tensors.runningVariance };
  const normalise = (scale: Value, shift: Value) =>
    graph.add("BatchNormalization", [x, scale, shift, mean, variance], { epsilon: { float: epsilon } });
  const y = normalise(weight, bias);
  return computation.derive(y, [x, weight, bias], (dy) => {
    const channels = x.shape[1] as number;
    const filled = (number: number) => graph.constant(new Array<number>(channels).fill(number), [channels]);
    const z = normalise(filled(1), filled(0));
    const biasGradient = graph.sum(dy, ALL_BUT_CHANNELS, false);
    const weightGradient = graph.sum(graph.add("Mul", [dy, z]), ALL_BUT_CHANNELS, false);
    computation.accumulate(bias, biasGradient);
    computation.accumulate(weight, weightGradient);
    if (!computation.needsGradient(x)) return;
    const deviation = graph.add("Sqrt", [graph.add("Add", [variance, graph.scalar(epsilon)])]);
    const scale = graph.add("Div", [weight, deviation]);
    const direct = graph.add("Mul", [dy, graph.reshape(scale, [channels, 1, 1])]);
    // What flows through the statistics is z, scaled and shifted, so the same operator computes it in one pass.
    const share = graph.add("Mul", [scale, graph.scalar(-1 / countPerChannel(x))]);
    const through = () => normalise(graph.add("Mul", [share, weightGradient]), graph.add("Mul", [share, biasGradient]));
    computation.accumulate(x, ofBatch ? graph.add("Add", [direct, through()]) : direct);
  });
}

/** Mean and variance of the batch, [C]; the running ones are renewed with them. */
function batchStatistics(
  computation: Computation,
  x: Value,
  { runningMean, runningVariance }: BatchNormalisationTensors,
  momentum: number,
): { mean: Value; variance: Value } {
  const { graph } = computation;
  const count = countPerChannel(x);
  if (count < 2) throw new Error(`Batch normalisation of [${x.shape}] has one number a channel, and so no variance.`);
  const axes = graph.integers(ALL_BUT_CHANNELS);
  const mean = graph.add("ReduceMean", [x, axes], { keepdims: 0 });
  // From the differences to the mean: E[x^2] - E[x]^2 would lose the digits of a small variance.
  const centred = graph.add("Sub", [x, graph.reshape(mean, [x.shape[1] as number, 1, 1])]);
  // Not ReduceSumSquare: ONNX Runtime's CPU kernel adds number by number, up to 2e-5 off on large maps.
  const squares = graph.add("ReduceSum", [graph.add("Mul", [centred, centred]), axes], { keepdims: 0 });
  computation.renew(runningMean, mixed(graph, runningMean, 1 - momentum, mean, momentum));
  computation.renew(runningVariance, mixed(graph, runningVariance, 1 - momentum, squares, momentum / (count - 1)));
  return { mean, variance: graph.add("Mul", [squares, graph.scalar(1 / count)]) };
}

/** a first + b second. */
function mixed(graph: Graph, first: Value, a: number, second: Value, b: number): Value {
  return graph.add("Add", [graph.add("Mul", [first, graph.scalar(a)]), graph.add("Mul", [second, graph.scalar(b)])]);
}

function countPerChannel(x: Value): number {
  const [batch, , height, width] = x.shape as [number, number, number, number];
  return batch * height * width;
}
