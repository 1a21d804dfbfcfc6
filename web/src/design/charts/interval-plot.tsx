import { XAxis } from "./plot.tsx";
import { linearScale, roundDomain } from "./scale.ts";
import type { Tone } from "./tone.ts";
import { chartLength, useWidth } from "./use-width.ts";

interface Estimate {
  value: number;
  low: number;
  high: number;
}

interface IntervalPlotProps {
  label: string;
  /** Name and unit of the axis. */
  x: string;
  /** Null where there is nothing to show yet: the row stays empty. `below` is drawn smaller under it, in the third colour. */
  rows: readonly {
    key: number | string;
    name: string;
    estimate: Estimate | null;
    below?: Estimate | null;
    tone?: Tone;
  }[];
  /** Also on the axis, whatever the rows hold. */
  includes?: readonly number[];
}

const ROW = 34;
const TOP = 6;
const BOTTOM = 42;
const LETTER = 6.8;

/** A dot with its interval for each row, over one axis: what differs is seen at once. */
export function IntervalPlot({ label, x, rows, includes = [0] }: IntervalPlotProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const ends = rows
    .flatMap(({ estimate, below }) => [estimate, below])
    .flatMap((one) => (one ? [one.low, one.high] : []));
  const longest = Math.max(0, ...rows.map(({ name }) => name.length));
  const left = Math.min(longest * LETTER + 16, width * 0.35);
  const height = TOP + rows.length * ROW + BOTTOM;
  const domain = roundDomain([...includes, ...ends], 5);
  const area = { left, right: width - 16, top: TOP, bottom: height - BOTTOM };
  const scale = linearScale(domain, [area.left, area.right]);
  return (
    <div ref={place} style={{ height: chartLength(height) }}>
      {width > 0 && (
        <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
          <XAxis axis={{ name: x, domain }} area={{ ...area, x: scale, y: scale }} />
          {rows.map(({ key, name, estimate, below, tone = "accent" }, index) => (
            <g key={key} transform={`translate(0 ${TOP + (index + 0.5) * ROW})`}>
              <text x={left - 10} y="4" textAnchor="end">
                {shortened(name, Math.floor((left - 10) / LETTER))}
              </text>
              {estimate !== null && (
                <Whisker estimate={estimate} scale={scale} tone={tone} y={below ? -5 : 0} radius={5} />
              )}
              {below != null && <Whisker estimate={below} scale={scale} tone="third" y={7} radius={3.5} />}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

interface WhiskerProps {
  estimate: Estimate;
  scale: (value: number) => number;
  tone: Tone;
  y: number;
  radius: number;
}

function Whisker({ estimate, scale, tone, y, radius }: WhiskerProps) {
  const { value, low, high } = estimate;
  return (
    <g transform={`translate(0 ${y})`}>
      <line className={`whisker tone-${tone}`} x1={scale(low)} x2={scale(high)} />
      <line className={`whisker tone-${tone}`} x1={scale(low)} x2={scale(low)} y1="-4" y2="4" />
      <line className={`whisker tone-${tone}`} x1={scale(high)} x2={scale(high)} y1="-4" y2="4" />
      <circle className={`fill-${tone}`} cx={scale(value)} r={radius} />
    </g>
  );
}

function shortened(name: string, letters: number): string {
  return name.length <= letters ? name : `${name.slice(0, Math.max(1, letters - 1))}…`;
}
