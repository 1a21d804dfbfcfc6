import type { RandomStream } from "../core/random.ts";
import type { FamiliarityStatistics } from "../networks/unfamiliarity.ts";

/** Fewer cells say too little of what is familiar; more cost time and change nothing. */
export const FAMILIAR_CELLS = { least: 50, most: 2000 } as const;
const MOST_COMPONENTS = 32;
/** Of cells and of features for each component: what is left over must still tell the noise. */
const FOR_EACH_COMPONENT = { cells: 10, features: 4 } as const;
/** Every channel's variance is drawn so far to the mean of all: a channel that hardly ever fires would rule the distance. */
const SHRINKAGE = 0.01;
const POWER_ITERATIONS = 25;

/**
 * The statistics of features (one Float32Array [F] a cell) that unfamiliarity is measured by: mean and spread of each
 * square root, and the greatest principal components of what is left, with the mean variance outside them as noise.
 *
 * `stream` starts the power iterations. Same input, same result. Needs FAMILIAR_CELLS.least cells.
 */
export function fitFamiliarity(features: readonly Float32Array[], stream: RandomStream): FamiliarityStatistics {
  const count = (features[0] as Float32Array).length;
  const roots = features.map((own) => Float64Array.from(own, (feature) => Math.sqrt(Math.max(0, feature))));
  const mean = meanOf(roots, count);
  const variance = meanOf(
    roots.map((own) => own.map((root, at) => (root - (mean[at] as number)) ** 2)),
    count,
  );
  const common = variance.reduce((sum, own) => sum + own, 0) / count;
  const deviation = variance.map((own) => Math.sqrt((1 - SHRINKAGE) * own + SHRINKAGE * common) || 1);
  const rows = roots.map((own) => own.map((root, at) => (root - (mean[at] as number)) / (deviation[at] as number)));
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0) / rows.length;
  const wanted = Math.min(
    MOST_COMPONENTS,
    Math.floor(rows.length / FOR_EACH_COMPONENT.cells),
    Math.floor(count / FOR_EACH_COMPONENT.features),
  );
  const found = principalComponents(rows, wanted, stream);
  const explained = found.reduce((sum, { variance: own }) => sum + own, 0);
  const noise = Math.max((total - explained) / (count - wanted), 1e-6);
  const used = found.filter(({ variance: own }) => own > noise);
  const components = new Float32Array(count * used.length);
  used.forEach(({ direction, variance: own }, axis) => {
    const length = Math.sqrt(1 - noise / own);
    for (let at = 0; at < count; at++) components[at * used.length + axis] = Math.f16round(direction[at]! * length);
  });
  return {
    mean: Float32Array.from(mean),
    scale: Float32Array.from(deviation, (own) => 1 / (own * Math.sqrt(noise))),
    components,
  };
}

/** The first cells of every part in turn, until there are so many: small parts are in it whole, large ones alike. */
export function drawEvenly<Item>(items: readonly Item[], partOf: (item: Item) => string, most: number): Item[] {
  const parts = [...Map.groupBy(items, partOf).values()];
  const longest = Math.max(0, ...parts.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, round) => parts.flatMap((part) => part.slice(round, round + 1)));
  return inTurn.flat().slice(0, most);
}

/** The least threshold that this share of the values of every part does not exceed. */
export function familiarThreshold(values: readonly number[], parts: readonly string[], share: number): number {
  const byPart = Map.groupBy(values, (_, index) => parts[index]);
  return Math.max(...[...byPart.values()].map((own) => quantileOf(own, share)));
}

/** The value that this share of the values does not exceed. */
function quantileOf(values: readonly number[], share: number): number {
  const rising = values.toSorted((one, other) => one - other);
  return rising[Math.max(0, Math.ceil(share * rising.length) - 1)] as number;
}

type Numbers = Float64Array<ArrayBuffer>;

interface Component {
  /** Of length 1, orthogonal to the others. */
  readonly direction: Numbers;
  readonly variance: number;
}

/**
 * The directions of greatest variance of centred rows, one after the other by power iteration. After so many rounds
 * neighbours of nearly equal variance may still be mixed, which changes no distance that matters here.
 */
function principalComponents(rows: readonly Numbers[], wanted: number, stream: RandomStream): Component[] {
  const found: Component[] = [];
  for (let number = 0; number < wanted; number++) {
    let direction = (rows[0] as Numbers).map(() => stream.normal(0, 1));
    for (let round = 0; round < POWER_ITERATIONS; round++) {
      direction = unit(orthogonalTo(found, round === 0 ? direction : timesCovariance(rows, direction)));
    }
    const variance = rows.reduce((sum, row) => sum + dot(row, direction) ** 2, 0) / rows.length;
    found.push({ direction, variance });
  }
  return found;
}

function timesCovariance(rows: readonly Numbers[], direction: Numbers): Numbers {
  const product = new Float64Array(direction.length);
  for (const row of rows) {
    const along = dot(row, direction) / rows.length;
    for (let at = 0; at < row.length; at++) product[at]! += along * row[at]!;
  }
  return product;
}

function orthogonalTo(found: readonly Component[], vector: Numbers): Numbers {
  const rest = vector.slice();
  for (const { direction } of found) {
    const along = dot(rest, direction);
    for (let at = 0; at < rest.length; at++) rest[at]! -= along * direction[at]!;
  }
  return rest;
}

/** Of length 1; a vector without length, where the rows have no further direction, stays without. */
function unit(vector: Numbers): Numbers {
  const length = Math.sqrt(dot(vector, vector));
  return length < 1e-12 ? vector.fill(0) : vector.map((own) => own / length);
}

function dot(one: Numbers, other: Numbers): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at]! * other[at]!;
  return sum;
}

function meanOf(rows: readonly Numbers[], count: number): Numbers {
  const mean = new Float64Array(count);
  for (const row of rows) for (let at = 0; at < count; at++) mean[at]! += row[at]! / rows.length;
  return mean;
}
