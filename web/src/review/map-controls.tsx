import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CellMap, Occlusion } from "../../../src/server/api/explanation.ts";
import { failureText } from "../api/client.ts";
import { Kbd } from "../design/kbd.tsx";
import type { Desk } from "./desk.ts";
import { RANGES } from "./settings.ts";
import { Slider } from "./slider.tsx";
import { useDesk } from "./use-desk.ts";

interface MapControlsProps {
  readonly desk: Desk;
  readonly maps: readonly CellMap[] | null;
  readonly occlusion: UseQueryResult<Occlusion>;
  readonly wantsOcclusion: boolean;
  readonly threshold: number | null;
}

/** Which map lies over the cell, how strongly, and what covering a part of the image would change. */
export function MapControls({ desk, maps, occlusion, wantsOcclusion, threshold }: MapControlsProps) {
  const { overlay, overlayOpacity } = useDesk(desk, (state) => state.settings);
  if (maps !== null && maps.length === 0) return null;
  const choose = (name: string | null): void => {
    if (wantsOcclusion) desk.perform({ do: "occlusion" });
    desk.change({ overlay: name });
  };
  return (
    <section className="panel-part">
      <h3>
        Where the model looked <Kbd>A</Kbd>
      </h3>
      <fieldset className="choices">
        <legend className="hidden-label">Map over the cell</legend>
        <Choice chosen={overlay === null && !wantsOcclusion} onChoose={() => choose(null)}>
          Off
        </Choice>
        {(maps ?? []).map(({ name, title }) => (
          <Choice key={name} chosen={overlay === name && !wantsOcclusion} onChoose={() => choose(name)}>
            {title}
          </Choice>
        ))}
        <Choice chosen={wantsOcclusion} onChoose={() => desk.perform({ do: "occlusion" })}>
          What would change it <Kbd>O</Kbd>
        </Choice>
      </fieldset>
      {wantsOcclusion && <OcclusionWords occlusion={occlusion} threshold={threshold} />}
      <Slider
        name="Strength"
        hint="[ ]"
        value={overlayOpacity}
        range={RANGES.overlayOpacity}
        show={(value) => `${Math.round(value * 100)} %`}
        onChange={(value) => desk.change({ overlayOpacity: value })}
      />
    </section>
  );
}

interface ChoiceProps {
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

function Choice({ chosen, onChoose, children }: ChoiceProps) {
  return (
    <button type="button" className="choice" aria-pressed={chosen} onClick={onChoose}>
      {children}
    </button>
  );
}

function OcclusionWords({ occlusion, threshold }: Pick<MapControlsProps, "occlusion" | "threshold">) {
  if (occlusion.isError) return <p className="small">{failureText(occlusion.error)}</p>;
  if (occlusion.data === undefined) return <p className="small quiet">Covering the image part by part …</p>;
  const { baseline, strongest } = occlusion.data;
  const turns = threshold !== null && baseline >= threshold !== strongest.probability >= threshold;
  return (
    <p className="small" role="status">
      With the marked place covered the probability goes from {baseline.toFixed(2)} to{" "}
      {strongest.probability.toFixed(2)}
      {threshold === null ? "." : turns ? ": the call would turn." : ": the call would stay."}
    </p>
  );
}
