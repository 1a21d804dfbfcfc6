import { Plot } from "./plot.tsx";
import { roundDomain } from "./scale.ts";
import type { Tone } from "./tone.ts";

interface HistogramProps {
  label: string;
  /** Name of the measured quantity. */
  x: string;
  /** Counts of bins of equal width over `domain`. */
  counts: readonly number[];
  domain: readonly [number, number];
  tone?: Tone;
  height?: number;
}

export function Histogram({ label, x, counts, domain, tone = "accent", height = 160 }: HistogramProps) {
  const width = (domain[1] - domain[0]) / counts.length;
  return (
    <Plot
      label={label}
      x={{ name: x, domain }}
      y={{ name: "Cells", domain: roundDomain([0, ...counts], 3), ticks: 3 }}
      height={height}
    >
      {(area) =>
        counts.map((count, bin) => {
          const left = area.x(domain[0] + bin * width);
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
              key={bin}
              className={`fill-${tone}`}
              x={left + 0.5}
              y={area.y(count)}
              width={Math.max(0, area.x(domain[0] + (bin + 1) * width) - left - 1)}
              height={area.bottom - area.y(count)}
            />
          );
        })
      }
    </Plot>
  );
}
