import type { CellMap } from "../../../src/server/api/explanation.ts";

interface MapOverlayProps {
  readonly map: CellMap;
  /** 0 to 1. */
  readonly opacity: number;
}

/** A map over the whole image, and a ring where it is strongest. */
export function MapOverlay({ map, opacity }: MapOverlayProps) {
  return (
    <>
      <img className="map" src={map.url} alt="" draggable={false} style={{ opacity }} />
      {map.peak !== null && (
        <span
          className="peak"
          title={`Strongest here: ${map.peak.value.toPrecision(2)}`}
          style={{ left: `${map.peak.x * 100}%`, top: `${map.peak.y * 100}%` }}
        />
      )}
    </>
  );
}
