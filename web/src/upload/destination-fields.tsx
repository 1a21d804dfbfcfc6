import type { StudySummary } from "../../../src/server/api/studies.ts";
import { SelectField, TextField } from "../design/field.tsx";
import { countOf } from "../design/numbers.ts";
import type { FolderMeaning } from "./brought-folders.ts";

/** Stands for a study that is still to be made. */
export const NEW_STUDY = "new";

/** Folders that are named in the dialog. */
const NAMED = 6;

/** Where images belong, as it is typed. `study` is a study's number or `NEW_STUDY`. */
export interface Destination {
  study: string;
  studyName: string;
  sample: string;
  slide: string;
  folders: FolderMeaning;
}

interface DestinationFieldsProps {
  /** To choose from; null where the study is settled. */
  studies: readonly StudySummary[] | null;
  /** Folders side by side in what was brought; null where there are none. */
  folders: readonly string[] | null;
  destination: Destination;
  onChange: (change: Partial<Destination>) => void;
}

export function DestinationFields({ studies, folders, destination, onChange }: DestinationFieldsProps) {
  return (
    <>
      {studies !== null && studies.length > 0 && (
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
      {folders !== null && (
        <SelectField
          label={`The ${countOf(folders.length, "folder")} are`}
          hint={folders.length <= NAMED ? folders.join(", ") : `${folders.slice(0, NAMED).join(", ")} …`}
          value={destination.folders}
          onChange={(event) => onChange({ folders: event.target.value as FolderMeaning })}
        >
          <option value="samples">samples, each with a result of its own</option>
          <option value="slides">slides of one sample</option>
          <option value="nothing">without meaning: one sample, one slide</option>
        </SelectField>
      )}
      <div className="upload-place">
        {!(folders !== null && destination.folders === "samples") && (
          <TextField
            label="Sample"
            hint="A donor, a culture or a dose: what gets a result of its own."
            value={destination.sample}
            onChange={(event) => onChange({ sample: event.target.value })}
            maxLength={100}
            required
          />
        )}
        {!(folders !== null && destination.folders === "slides") && (
          <TextField
            label="Slide"
            value={destination.slide}
            onChange={(event) => onChange({ slide: event.target.value })}
            maxLength={100}
            required
          />
        )}
      </div>
    </>
  );
}
