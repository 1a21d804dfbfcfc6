import type { QueueName } from "../../../src/server/api/cells.ts";

/** The browser's address of a queue; of one sample where one is named. */
export function reviewPath(studyId: number, queue: QueueName, sampleId: number | undefined): string {
  return `/studies/${studyId}/review/${queue}${sampleId === undefined ? "" : `?sample=${sampleId}`}`;
}
