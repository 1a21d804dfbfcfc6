import { UsageError } from "../core/errors.ts";
import { countingLabel, readingsDiffer, readingsOf } from "../workspace/counting-label.ts";
import type { Label } from "../workspace/labels.ts";
import type { ListedCell } from "../workspace/listed-cells.ts";
import type { ReviewProgress } from "../workspace/progress.ts";
import type { Sample } from "../workspace/samples.ts";
import type { Cell, Label as LabelAnswer } from "./api/cells.ts";
import type { Sample as SampleAnswer } from "./api/studies.ts";
import { withoutFolders } from "./without-folders.ts";

/** Who looks at a study. */
export interface Viewer {
  readonly reader: string;
  /** Sees no prediction, no label of others and nothing that a sample is known by but its code. */
  readonly blinded: boolean;
}

/** Refuses what tells a blinded reader of predictions, of others' labels or of samples. Throws READING_BLINDED. */
export function requireSight({ blinded }: Viewer): void {
  if (!blinded) return;
  throw new UsageError(
    "READING_BLINDED",
    "You read this study blinded, and this would show what the model or others found. End the blinded reading first.",
  );
}

/** A cell as a reader may see it. File names and slides often tell dose or donor: a blinded reader gets numbers instead. */
export function cellAnswer(cell: ListedCell, viewer: Viewer): Cell {
  const { id, sample, slide, file, originalId, labels } = cell;
  const own = labels.findLast(({ reader }) => reader === viewer.reader) ?? null;
  const counting = countingLabel(labels);
  if (viewer.blinded)
    return {
      ...{
        id,
        sampleId: sample.id,
        sample: sample.code,
        slide: codedSlide(slide),
        file: `cell ${id}`,
        originalId: null,
      },
      ...{ probability: null, outcome: null, quality: null, disagreement: false },
      // That there is no picture tells nothing of what the model found; its error would name the file.
      error: cell.prediction?.outcome === "unreadable" ? "The image could not be read." : null,
      label: counting?.reader === viewer.reader ? labelAnswer(counting) : null,
      ownLabel: own === null ? null : labelAnswer(own),
    };
  const { probability = null, outcome = null, quality = null, error = null } = cell.prediction ?? {};
  return {
    ...{ id, sampleId: sample.id, sample: sample.name, slide: slide.name, file, originalId },
    ...{ probability, outcome, quality, error: error === null ? null : withoutFolders(error) },
    label: counting === null ? null : labelAnswer(counting),
    ownLabel: own === null ? null : labelAnswer(own),
    disagreement: readingsDiffer(readingsOf(labels)),
  };
}

/** A sample as a reader may see it, without its slides. */
export function sampleAnswer(sample: Sample, progress: ReviewProgress, viewer: Viewer): Omit<SampleAnswer, "slides"> {
  const { id, code, name, role, donor, treatment, dose, doseUnit, excluded } = sample;
  if (!viewer.blinded) return { id, name, code, role, donor, treatment, dose, doseUnit, excluded, progress };
  return {
    ...{ id, name: code, code, role: null, donor: null, treatment: null, dose: null, doseUnit: null },
    excluded: excluded === null ? null : "left out",
    progress: progressAnswer(progress, viewer),
  };
}

/** Progress as a reader may see it: how many cells were called positive tells of the dose. */
export function progressAnswer(progress: ReviewProgress, { blinded }: Viewer): ReviewProgress {
  return blinded ? { ...progress, flagged: 0, calledPositive: 0, positiveReviewed: 0 } : progress;
}

export function slideAnswer(slide: { readonly id: number; readonly name: string }, { blinded }: Viewer): string {
  return blinded ? codedSlide(slide) : slide.name;
}

function codedSlide({ id }: { readonly id: number }): string {
  return `slide ${id}`;
}

export function labelAnswer({ id, cell_id, reader, finding, micronuclei, reason, queue, at }: Label): LabelAnswer {
  if (finding === "withdrawn")
    throw new Error(`Label ${id} is a withdrawal: it cannot be shown as what somebody found.`);
  return { id, cellId: cell_id, reader, finding, micronuclei, reason, queue, at };
}
