import type { RandomStream } from "../core/random.ts";

export interface AssignmentProblem {
  /** Cells of each group in each stratum (label): [groups][strata]. */
  readonly counts: readonly (readonly number[])[];
  /** How much a stratum's deviation counts, 1 in full: [strata]. */
  readonly weights: readonly number[];
  /** The share of every stratum that each part should get: [parts], adding up to 1. */
  readonly targets: readonly number[];
  readonly stream: RandomStream;
}

/** Two percentage points: shares that close to their targets are good enough to stop looking for better ones. */
export const SHARE_TOLERANCE = 0.02;
/** Makes coming within the tolerance worth more than any improvement inside it. */
const EXCESS_WEIGHT = 10;
/** What a part costs without any group, and for each stratum that it lacks: more than all deviations together. */
const LACK_COST = 1000;
/** An improvement below this is rounding; without a bound the search could go round in circles. */
const LEAST_IMPROVEMENT = 1e-12;
/**
 * Pairs of groups to try over all attempts: about a second. Above 1000 groups one attempt alone would need more; there
 * moving single groups is fine enough.
 */
const MOST_PAIRS = 1_000_000;
const MOST_ATTEMPTS = 200;

/**
 * Gives every group to one part so that each part's share of each stratum is near its target. Minimises
 *
 *   sum over strata c and parts p of  w_c (d^2 + 10 max(0, |d| - 0.02)),   d = n_pc / n_c - target_p
 *
 * with no part empty or lacking a stratum where there are groups enough: greedily from the largest group to the smallest, then by moving
 * single groups and swapping pairs until neither helps; further attempts start from a random order, until all shares
 * are within the tolerance. Exact for groups of one cell up to rounding; otherwise a good solution, not always the best.
 * Returns the part of each group: [groups].
 */
export function assignGroups(problem: AssignmentProblem): number[] {
  const { counts, stream } = problem;
  const size = counts.map((group) => group.reduce((sum, count) => sum + count, 0));
  const shuffled = stream.shuffle(counts.map((_, group) => group));
  let best = search(
    problem,
    [...shuffled].sort((one, other) => size[other]! - size[one]!),
  );
  const attempts = Math.min(MOST_ATTEMPTS, MOST_PAIRS / counts.length ** 2);
  for (let attempt = 1; attempt < attempts && !best.isWithinTolerance(); attempt++) {
    const next = search(problem, stream.shuffle(shuffled));
    if (next.cost() < best.cost() - LEAST_IMPROVEMENT) best = next;
  }
  return best.partOf;
}

function search(problem: AssignmentProblem, order: readonly number[]): Assignment {
  const assignment = new Assignment(problem);
  for (const group of order) assignment.place(group, assignment.bestPartFor(group));
  const swaps = order.length ** 2 <= MOST_PAIRS;
  while (moveGroups(assignment, order) || (swaps && swapGroups(assignment, order)));
  return assignment;
}

/** Moves every group that is better off elsewhere; true if any moved. */
function moveGroups(assignment: Assignment, order: readonly number[]): boolean {
  let moved = false;
  for (const group of order) {
    const before = assignment.partOf[group]!;
    const cost = assignment.cost();
    assignment.remove(group);
    assignment.place(group, assignment.bestPartFor(group));
    if (assignment.cost() < cost - LEAST_IMPROVEMENT) moved = true;
    else {
      assignment.remove(group);
      assignment.place(group, before);
    }
  }
  return moved;
}

/** Swaps every pair of groups that is better off the other way round; true if any was. */
function swapGroups(assignment: Assignment, order: readonly number[]): boolean {
  let swapped = false;
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++) if (swapIfBetter(assignment, order[i]!, order[j]!)) swapped = true;
  return swapped;
}

function swapIfBetter(assignment: Assignment, one: number, other: number): boolean {
  const [partOfOne, partOfOther] = [assignment.partOf[one]!, assignment.partOf[other]!];
  if (partOfOne === partOfOther) return false;
  const cost = assignment.cost();
  assignment.exchange(one, other);
  if (assignment.cost() < cost - LEAST_IMPROVEMENT) return true;
  assignment.exchange(one, other);
  return false;
}

/** Who is where, with the shares kept up to date: a search changes it a million times. */
class Assignment {
  /** [groups], -1 where a group is not placed. */
  readonly partOf: number[];
  readonly #problem: AssignmentProblem;
  /** Cells of each stratum over all groups, at least 1: [strata]. */
  readonly #totals: readonly number[];
  /** Cells of each part and stratum: [parts][strata]. */
  readonly #placed: number[][];
  /** Groups in each part: [parts]. */
  readonly #members: number[];
  /** Cost of each part: [parts]. */
  readonly #costs: number[];

  constructor(problem: AssignmentProblem) {
    const { counts, weights, targets } = problem;
    this.#problem = problem;
    this.partOf = counts.map(() => -1);
    this.#totals = weights.map((_, stratum) =>
      Math.max(
        1,
        counts.reduce((sum, group) => sum + group[stratum]!, 0),
      ),
    );
    this.#placed = targets.map(() => weights.map(() => 0));
    this.#members = targets.map(() => 0);
    this.#costs = targets.map((_, part) => this.#partCost(part));
  }

  cost(): number {
    return this.#costs.reduce((sum, cost) => sum + cost, 0);
  }

  /** Where an unplaced group costs least; the first of equals. */
  bestPartFor(group: number): number {
    const added = this.#costs.map((cost, part) => {
      this.#add(group, part, 1);
      const after = this.#partCost(part);
      this.#add(group, part, -1);
      return after - cost;
    });
    return added.indexOf(Math.min(...added));
  }

  place(group: number, part: number): void {
    this.partOf[group] = part;
    this.#add(group, part, 1);
    this.#costs[part] = this.#partCost(part);
  }

  remove(group: number): void {
    const part = this.partOf[group]!;
    this.partOf[group] = -1;
    this.#add(group, part, -1);
    this.#costs[part] = this.#partCost(part);
  }

  exchange(one: number, other: number): void {
    const [partOfOne, partOfOther] = [this.partOf[one]!, this.partOf[other]!];
    this.remove(one);
    this.remove(other);
    this.place(one, partOfOther);
    this.place(other, partOfOne);
  }

  /** True where every stratum that counts in full is near its targets. */
  isWithinTolerance(): boolean {
    const { weights } = this.#problem;
    return this.#placed.every((strata, part) =>
      strata.every(
        (_, stratum) => weights[stratum]! < 1 || Math.abs(this.#deviation(part, stratum)) <= SHARE_TOLERANCE,
      ),
    );
  }

  #add(group: number, part: number, sign: 1 | -1): void {
    const placed = this.#placed[part]!;
    const counts = this.#problem.counts[group]!;
    this.#members[part]! += sign;
    for (let stratum = 0; stratum < placed.length; stratum++) placed[stratum]! += sign * counts[stratum]!;
  }

  #deviation(part: number, stratum: number): number {
    return this.#placed[part]![stratum]! / this.#totals[stratum]! - this.#problem.targets[part]!;
  }

  #partCost(part: number): number {
    const { weights } = this.#problem;
    let cost = this.#members[part] === 0 ? LACK_COST : 0;
    for (let stratum = 0; stratum < this.#totals.length; stratum++) {
      const deviation = this.#deviation(part, stratum);
      const excess = Math.max(0, Math.abs(deviation) - SHARE_TOLERANCE);
      if (weights[stratum]! >= 1 && this.#placed[part]![stratum] === 0) cost += LACK_COST;
      cost += weights[stratum]! * (deviation * deviation + EXCESS_WEIGHT * excess);
    }
    return cost;
  }
}
