import type { PlannedTraining, Trainings } from "../experiments/run-trainings.ts";
import { type Console, formatDuration } from "./console.ts";

/** One line: how many trainings are done, failed and left, and how long the rest will take. */
export function sayWhatIsLeft(
  { finished, failed, left, secondsLeft }: Trainings<PlannedTraining>,
  console: Console,
): void {
  const total = finished.length + failed.length + left.length;
  const parts = [
    `Trainings: ${finished.length} of ${total} finished`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed`]),
    ...(left.length === 0 || secondsLeft === null ? [] : [`about ${formatDuration(1000 * secondsLeft)} left`]),
  ];
  console.message(`${parts.join(", ")}.`);
}
