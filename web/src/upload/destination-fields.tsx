import type { StudySummary } from "../../../src/server/api/studies.ts";
import { SelectField, TextField } from "../design/field.tsx";

/** Stands for a study that is still to be made. */
export const NEW_STUDY = "new";

/** Where images belong, as it is typed. `study` is a study's number or `NEW_STUDY`. */
export interface Destination {
  study: string;
  studyName: string;
  sample: string;
  slide: string;
}

interface DestinationFieldsProps {
  /** To choose from; null where the study is settled. */
  studies: readonly StudySummary[] | null;
  destination: Destination;
  onChange: (change: Partial<Destination>) => void;
}

export function DestinationFields({ studies, destination, onChange }: DestinationFieldsProps) {
  return (
    <>
      {studies !== null && (
        <SelectField
          label="Study"
          value={destination.study}
          onChange={(event) => onChange({ study: event.target.value })}
        >
          {studies.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          <option value={NEW_STUDY}>A new study …</option>
        </SelectField>
      )}
      {destination.study === NEW_STUDY && (
        <TextField
          label="Name of the new study"
          value={destination.studyName}
          onChange={(event) => onChange({ studyName: event.target.value })}
          maxLength={100}
          required
        />
      )}
      <div className="upload-place">
        <TextField
          label="Sample"
          hint="A donor, a culture or a dose: what gets a result of its own."
          value={destination.sample}
          onChange={(event) => onChange({ sample: event.target.value })}
          maxLength={100}
          required
        />
        <TextField
          label="Slide"
          value={destination.slide}
          onChange={(event) => onChange({ slide: event.target.value })}
          maxLength={100}
          required
        />
      </div>
    </>
  );
}
