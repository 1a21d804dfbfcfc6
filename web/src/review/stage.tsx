import { type CSSProperties, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Cell } from "../../../src/server/api/cells.ts";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import type { Desk } from "./desk.ts";
import { followGestures } from "./gestures.ts";
import { imageAddress } from "./image-address.ts";
import { useDesk } from "./use-desk.ts";

/** From so many screen pixels to one of the image on, the pixels are shown as they are instead of smoothed. */
const PIXELS_SHOWN_FROM = 16;

interface StageProps {
  readonly desk: Desk;
  readonly cell: Cell;
  /** Lies over the image, in its very place: maps and marks. */
  readonly children: ReactNode;
}

/** One cell as large as fits; wheel and pinch enlarge, dragging moves, a swipe goes on. */
export function Stage({ desk, cell, children }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => (stage.current === null ? undefined : followGestures(stage.current, desk)), [desk]);
  return (
    <div ref={stage} className="stage" data-view data-cell={cell.id}>
      {cell.error === null ? (
        <StageImage key={cell.id} desk={desk} cell={cell}>
          {children}
        </StageImage>
      ) : (
        <div className="stage-error" role="note">
          <h2>This file could not be read</h2>
          <p>{cell.error}</p>
          <p className="quiet">Press U to call the cell unscorable, or Space to go on.</p>
        </div>
      )}
    </div>
  );
}

function StageImage({ desk, cell, children }: StageProps) {
  const image = useRef<HTMLImageElement>(null);
  const zoom = useDesk(desk, (state) => state.zoom);
  const window = useDesk(desk, (state) => state.settings.window);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const [state, setState] = useState<"loading" | "shown" | "failed">("loading");
  const [attempt, setAttempt] = useState(0);
  const address = imageAddress(cell.id, null, window);

  // A preloaded image is complete at once: its size is known before the first paint.
  useLayoutEffect(() => {
    const element = image.current;
    if (element?.complete && element.naturalWidth > 0) {
      setSize({ width: element.naturalWidth, height: element.naturalHeight });
      setState("shown");
    }
  }, []);
  useEffect(
    () =>
      onConnectionChange(() => {
        if (state === "failed" && connectionState() === "live") setAttempt((before) => before + 1);
      }),
    [state],
  );

  const aspect = size.width / size.height;
  const frame = {
    "--zoom": zoom.scale,
    width: `min(100cqw, ${100 * aspect}cqh)`,
    aspectRatio: `${size.width} / ${size.height}`,
    transform: `translate(${zoom.x * 100}cqw, ${zoom.y * 100}cqh) scale(${zoom.scale})`,
  } as CSSProperties;
  return (
    <div className="stage-frame" style={frame}>
      <img
        key={attempt}
        ref={image}
        className="stage-image"
        src={address}
        alt={`Cell ${cell.file}`}
        decoding="sync"
        draggable={false}
        data-image={state}
        onLoad={(event) => {
          const { naturalWidth, naturalHeight } = event.currentTarget;
          setSize({ width: naturalWidth, height: naturalHeight });
          setState("shown");
        }}
        onError={() => setState("failed")}
        style={{ imageRendering: showsPixels(image.current, size.width, zoom.scale) ? "pixelated" : "auto" }}
      />
      {state === "shown" && children}
      {state === "failed" && <p className="stage-missing">The image could not be loaded.</p>}
    </div>
  );
}

function showsPixels(image: HTMLImageElement | null, width: number, scale: number): boolean {
  if (image === null || scale === 1) return false;
  return (image.clientWidth * scale * window.devicePixelRatio) / width >= PIXELS_SHOWN_FROM;
}
