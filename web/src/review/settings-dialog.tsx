import { useQuery } from "@tanstack/react-query";
import { readerSettingsQuery } from "../api/queries.ts";
import { Dialog } from "../design/dialog.tsx";
import { Failed } from "../design/feedback.tsx";
import { CheckField, SelectField } from "../design/field.tsx";
import type { Desk } from "./desk.ts";
import { ImageControls } from "./image-controls.tsx";
import { type Advance, TILE_SIZES } from "./settings.ts";
import { Slider } from "./slider.tsx";
import { useBlinding } from "./use-blinding.ts";
import { useDesk } from "./use-desk.ts";

const TILE_STEPS = { low: 0, high: TILE_SIZES.length - 1, step: 1 };

const ADVANCES: readonly (readonly [Advance, string])[] = [
  ["unread", "Go on to the next cell that I have not read"],
  ["next", "Go on to the very next cell, read or not"],
  ["stay", "Stay on the cell"],
];

/** How this reader likes to see and work; kept in this browser, the blinding on the server. */
export function SettingsDialog({ desk, studyId }: { readonly desk: Desk; readonly studyId: number }) {
  const { tileSize, advance, panel } = useDesk(desk, (state) => state.settings);
  return (
    <Dialog title="View" onClose={() => desk.closeDialog()}>
      <Slider
        name="Size of cells"
        hint="− +"
        value={TILE_SIZES.indexOf(tileSize)}
        range={TILE_STEPS}
        show={(step) => `${step + 1} of ${TILE_SIZES.length}`}
        onChange={(step) => desk.change({ tileSize: TILE_SIZES[step] ?? tileSize })}
      />
      <SelectField
        label="After a decision"
        value={advance}
        onChange={(event) => desk.change({ advance: event.currentTarget.value as Advance })}
      >
        {ADVANCES.map(([value, does]) => (
          <option key={value} value={value}>
            {does}
          </option>
        ))}
      </SelectField>
      <CheckField
        label="Show what is known of the cell beside it"
        hint="(one-cell view)"
        checked={panel}
        onChange={(event) => desk.change({ panel: event.currentTarget.checked })}
      />
      <Blinding studyId={studyId} />
      <ImageControls desk={desk} bits={null} />
    </Dialog>
  );
}

function Blinding({ studyId }: { readonly studyId: number }) {
  const { data } = useQuery(readerSettingsQuery(studyId));
  const change = useBlinding(studyId);
  if (data === undefined) return null;
  return (
    <>
      <CheckField
        label="Read this study blinded"
        hint="The model's calls, other readers' labels and the samples' names stay hidden from you."
        checked={change.isPending ? change.variables : data.blinded}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      {change.isError && <Failed error={change.error} />}
    </>
  );
}
