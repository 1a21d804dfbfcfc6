import { useQuery } from "@tanstack/react-query";
import { studiesQuery } from "../../api/queries.ts";
import { CheckField } from "../../design/field.tsx";
import { countText } from "../../design/numbers.ts";

interface StudyChoiceProps {
  legend: string;
  chosen: readonly number[];
  onChange: (studyIds: number[]) => void;
}

/** Studies with cells that persons have read, to tick. */
export function StudyChoice({ legend, chosen, onChange }: StudyChoiceProps) {
  const studies = useQuery(studiesQuery).data?.filter(({ progress }) => progress.reviewed > 0);
  return (
    <fieldset className="choices study-choice">
      <legend>{legend}</legend>
      {studies?.length === 0 && <p className="quiet">No study has cells that a person has read.</p>}
      {studies?.map(({ id, name, progress }) => (
        <CheckField
          key={id}
          label={name}
          hint={`${countText(progress.reviewed)} cells read`}
          checked={chosen.includes(id)}
          onChange={(event) => onChange(event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))}
        />
      ))}
    </fieldset>
  );
}
