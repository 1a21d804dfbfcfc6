import type { Dataset } from "../dataset/cell.ts";
import type { TrainingSettings } from "../training/settings.ts";
import { networkCost } from "./network-cost.ts";

/** What a training has to do, and how. */
interface Workload {
  readonly settings: TrainingSettings;
  readonly dataset: Dataset;
}

/**
 * Seconds that the trainings left will take, if each takes as long for its operations (epochs times training cells times those of
 * the network for one cell) as the finished ones took for theirs. Null where none is finished.
 */
export function estimateSecondsLeft(
  finished: readonly (Workload & { readonly seconds: number })[],
  left: readonly Workload[],
): number | null {
  if (finished.length === 0) return null;
  const spent = finished.reduce((total, { seconds }) => total + seconds, 0);
  const operations = (workloads: readonly Workload[]): number => {
    const costs = new Map<string, number>();
    return workloads.reduce((total, workload) => total + operationsOf(workload, costs), 0);
  };
  return (spent / operations(finished)) * operations(left);
}

function operationsOf({ settings: { network, side, epochs }, dataset }: Workload, costs: Map<string, number>): number {
  const key = JSON.stringify([network, side]);
  const cost = costs.get(key) ?? networkCost(network, side).multiplyAdds;
  costs.set(key, cost);
  return epochs * cost * dataset.cells.filter(({ split }) => split === "train").length;
}
