import type { Computation } from "./computation.ts";
import type { Graph, Value } from "./graph.ts";

export type OptimiserSettings =
  | {
      readonly kind: "sgd";
      readonly momentum: number;
      readonly weightDecay: number;
      readonly nesterov?: boolean;
    }
  | {
      readonly kind: "adamw";
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay: number;
    };

/** Names of the inputs that every step feeds beside the batch. */
export const LEARNING_RATE_INPUT = "learning_rate";
export const STEP_COUNT_INPUT = "step_count";

/**
 * A tensor that a step reads under `input` and leaves, renewed, under `output`: a parameter, an optimiser's memory of
 * one, or a buffer such as a running mean.
 */
export interface StateTensor {
  readonly parameter: string;
  readonly role: "weight" | "momentum" | "second_moment" | "buffer";
  readonly shape: readonly number[];
  readonly input: string;
  readonly output: string;
}

/**
 * Appends the update of every parameter to a computation that has been back-propagated; returns the state that goes
 * round from step to step. Gradients are first scaled so that their common Euclidean norm is at most `clipNorm`.
 */
export function appendOptimiser(
  computation: Computation,
  settings: OptimiserSettings,
  clipNorm: number | null,
): StateTensor[] {
  const { graph } = computation;
  const learningRate = graph.input(LEARNING_RATE_INPUT, []);
  const gradients = computation.parameters.map(({ value }) => computation.gradientOf(value));
  const scale = clipNorm === null ? null : clippingScale(graph, gradients, clipNorm);
  const stepCount = settings.kind === "adamw" ? graph.input(STEP_COUNT_INPUT, []) : null;
  const states = computation.parameters.flatMap(({ name, shape, value }) => {
    const raw = computation.gradientOf(value);
    const gradient = scale === null ? raw : graph.add("Mul", [raw, graph.scalarFor(raw, scale)]);
    const updated =
      stepCount === null
        ? updateBySgd(graph, name, value, gradient, learningRate, settings as SgdSettings)
        : updateByAdamW(graph, name, value, gradient, learningRate, stepCount, settings as AdamWSettings);
    return updated.map(({ role, input, output }) => ({ parameter: name, role, shape, input, output }));
  });
  return [...states, ...renewBuffers(computation)];
}

/** Outputs every buffer as it is after this step. */
export function renewBuffers(computation: Computation): StateTensor[] {
  return computation.buffers.map(({ name, shape, value }) => {
    const output = `new/buffer/${name}`;
    computation.graph.output(computation.renewalOf(value), output);
    return { parameter: name, role: "buffer", shape, input: value.name, output };
  });
}

type SgdSettings = Extract<OptimiserSettings, { kind: "sgd" }>;
type AdamWSettings = Extract<OptimiserSettings, { kind: "adamw" }>;
type UpdatedState = Pick<StateTensor, "role" | "input" | "output">;

/**
 * Stochastic gradient descent as torch.optim.SGD: g' = g + decay w; v <- mu v + g'; w <- w - rate v, or with
 * Nesterov's momentum w <- w - rate (g' + mu v).
 */
function updateBySgd(
  graph: Graph,
  name: string,
  weight: Value,
  rawGradient: Value,
  learningRate: Value,
  { momentum, weightDecay, nesterov = false }: SgdSettings,
): UpdatedState[] {
  const gradient =
    weightDecay === 0
      ? rawGradient
      : graph.add("Add", [rawGradient, graph.add("Mul", [weight, graph.scalarFor(weight, weightDecay)])]);
  const velocity = graph.input(`momentum/${name}`, weight.shape);
  const kept = graph.add("Mul", [velocity, graph.scalarFor(velocity, momentum)]);
  const newVelocity = graph.add("Add", [kept, gradient], {}, { names: [`new/momentum/${name}`] });
  graph.output(newVelocity, newVelocity.name);
  const direction = nesterov
    ? graph.add("Add", [gradient, graph.add("Mul", [newVelocity, graph.scalarFor(velocity, momentum)])])
    : newVelocity;
  const weightState = stepWeight(graph, name, weight, direction, learningRate);
  return [weightState, { role: "momentum", input: velocity.name, output: newVelocity.name }];
}

/**
 * AdamW (Loshchilov and Hutter 2019), as torch.optim.AdamW, at step t = 1, 2, ...:
 * m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2;
 * w <- w - rate decay w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
 */
function updateByAdamW(
  graph: Graph,
  name: string,
  weight: Value,
  gradient: Value,
  learningRate: Value,
  stepCount: Value,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay }: AdamWSettings,
): UpdatedState[] {
  const mean = (role: string, beta: number, sample: Value): [Value, Value] => {
    const old = graph.input(`${role}/${name}`, weight.shape);
    const kept = graph.add("Mul", [old, graph.scalarFor(old, beta)]);
    const added = graph.add("Mul", [sample, graph.scalarFor(sample, 1 - beta)]);
    const renewed = graph.add("Add", [kept, added], {}, { names: [`new/${role}/${name}`] });
    graph.output(renewed, renewed.name);
    return [old, renewed];
  };
  const unbiased = (value: Value, beta: number): Value => {
    const correction = graph.add("Sub", [graph.scalar(1), graph.add("Pow", [graph.scalar(beta), stepCount])]);
    return graph.add("Div", [value, graph.scalarFor(value, correction)]);
  };
  const [oldFirst, first] = mean("momentum", beta1, gradient);
  const [oldSecond, second] = mean("second_moment", beta2, graph.add("Mul", [gradient, gradient]));
  const root = graph.add("Sqrt", [unbiased(second, beta2)]);
  const spread = graph.add("Add", [root, graph.scalarFor(root, epsilon)]);
  const direction = graph.add("Div", [unbiased(first, beta1), spread]);
  const decayed = graph.add("Add", [direction, graph.add("Mul", [weight, graph.scalarFor(weight, weightDecay)])]);
  const weightState = stepWeight(graph, name, weight, decayed, learningRate);
  return [
    weightState,
    { role: "momentum", input: oldFirst.name, output: first.name },
    { role: "second_moment", input: oldSecond.name, output: second.name },
  ];
}

function stepWeight(graph: Graph, name: string, weight: Value, direction: Value, learningRate: Value): UpdatedState {
  const step = graph.add("Mul", [direction, graph.scalarFor(direction, learningRate)]);
  const renewed = graph.add("Sub", [weight, step], {}, { names: [`new/weight/${name}`] });
  graph.output(renewed, renewed.name);
  return { role: "weight", input: weight.name, output: renewed.name };
}

/** min(1, clipNorm / |g|), |g| over all gradients together (Pascanu et al. 2013), as torch.nn.utils.clip_grad_norm_. */
export function clippingScale(graph: Graph, gradients: readonly Value[], clipNorm: number): Value {
  const squares = gradients.map((gradient) => {
    const axes = graph.integers(gradient.shape.map((_, axis) => axis));
    return graph.add("ReduceSumSquare", [gradient, axes], { keepdims: 0 });
  });
  // Backwards, as the gradients come: ONNX Runtime computes what the first term of a sum needs before the others.
  const total = squares.reduceRight((sum, square) => graph.add("Add", [sum, square]));
  const norm = graph.add("Add", [graph.add("Sqrt", [total]), graph.scalar(1e-6)]);
  return graph.add("Min", [graph.add("Div", [graph.scalar(clipNorm), norm]), graph.scalar(1)]);
}
