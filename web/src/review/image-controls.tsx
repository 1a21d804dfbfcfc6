import { Button } from "../design/button.tsx";
import type { Desk } from "./desk.ts";
import { DEFAULT_SETTINGS, RANGES } from "./settings.ts";
import { Slider } from "./slider.tsx";
import { useDesk } from "./use-desk.ts";

/** Percentiles of the server's own window, where none was chosen. */
const USUAL_WINDOW = { low: 1, high: 99.8 };
const LOW = { low: 0, high: 50, step: 0.5 };
const HIGH = { low: 50, high: 100, step: 0.1 };

interface ImageControlsProps {
  readonly desk: Desk;
  /** Bits of a channel of the file; null where it is not known yet. */
  readonly bits: number | null;
}

/** Brightness and contrast of what is shown; for more than 8 bits also which grey values become black and white. */
export function ImageControls({ desk, bits }: ImageControlsProps) {
  const { brightness, contrast, window } = useDesk(desk, (state) => state.settings);
  const { low, high } = window ?? USUAL_WINDOW;
  const changed = brightness !== 1 || contrast !== 1 || window !== null;
  return (
    <section className="panel-part">
      <h3>Image</h3>
      <Slider
        name="Brightness"
        value={brightness}
        range={RANGES.brightness}
        show={(value) => value.toFixed(2)}
        onChange={(value) => desk.change({ brightness: value })}
      />
      <Slider
        name="Contrast"
        value={contrast}
        range={RANGES.contrast}
        show={(value) => value.toFixed(2)}
        onChange={(value) => desk.change({ contrast: value })}
      />
      {bits !== null && bits > 8 && (
        <>
          <Slider
            name="Black below"
            value={low}
            range={LOW}
            show={(value) => `${value.toFixed(1)} %`}
            onChange={(value) => desk.change({ window: { low: Math.min(value, high - 0.1), high } })}
          />
          <Slider
            name="White above"
            value={high}
            range={HIGH}
            show={(value) => `${value.toFixed(1)} %`}
            onChange={(value) => desk.change({ window: { low, high: Math.max(value, low + 0.1) } })}
          />
        </>
      )}
      {changed && (
        <Button
          small
          onClick={() =>
            desk.change({
              brightness: DEFAULT_SETTINGS.brightness,
              contrast: DEFAULT_SETTINGS.contrast,
              window: DEFAULT_SETTINGS.window,
            })
          }
        >
          Image as it is
        </Button>
      )}
    </section>
  );
}
