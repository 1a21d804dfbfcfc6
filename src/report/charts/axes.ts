import { type Html, html } from "../html.ts";
import { CHART_STYLE, withPlainColours } from "../style.ts";

/** From a value of the data to a coordinate of the drawing. */
export type Scale = (value: number) => number;

export interface Axis {
  readonly domain: readonly [number, number];
  readonly label: string;
  /** Positions of the marks; even, round numbers unless told. */
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
  /** Marks at whole numbers only, for counts. */
  readonly whole?: boolean;
  /** Base-10 logarithmic; the domain must be positive. */
  readonly logarithmic?: boolean;
}

export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  /** Edges of the plotting area. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Grid, marks and labels; to be drawn first. */
  readonly axes: Html;
}

export interface FramePlace {
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly left?: number;
  readonly right?: number;
  /** Leave the marks and the label of the x axis to another frame below. */
  readonly hideX?: boolean;
}

const MARKS = 5;
/** A chart fills its column, but no wider than this times its own size: larger text than the page around it looks odd. */
const LARGEST_ENLARGEMENT = 1.2;

/** A plotting area with two axes inside a drawing of the given width; y grows upwards. */
export function plotFrame(xAxis: Axis, yAxis: Axis, place: FramePlace): Frame {
  const { top, bottom, left = 56, hideX = false } = place;
  const right = place.width - (place.right ?? 14);
  const x = scaleOf(xAxis, left, right);
  const y = scaleOf(yAxis, bottom, top);
  const middle = (top + bottom) / 2;
  const xMarks = ticksOf(xAxis).map(
    (value) =>
      html`<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${bottom}"/>${
        !hideX &&
        html`<text class="tick" x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${labelOf(xAxis, value)}</text>`
      }`,
  );
  const yMarks = ticksOf(yAxis).map(
    (value) => html`<line class="grid" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/>
<text class="tick" x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${labelOf(yAxis, value)}</text>`,
  );
  const axes = html`<g>${xMarks}${yMarks}
<path class="frame" d="M${left} ${top}V${bottom}H${right}"/>
${!hideX && html`<text class="axis-label" x="${(left + right) / 2}" y="${bottom + 38}" text-anchor="middle">${xAxis.label}</text>`}
<text class="axis-label" transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">${yAxis.label}</text></g>\n`;
  return { x, y, left, right, top, bottom, axes };
}

/** A chart as an SVG element; `description` is what a screen reader says. */
export function drawing(
  width: number,
  height: number,
  description: string,
  ...contents: readonly (Html | null | false)[]
): Html {
  return html`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" style="max-width:${width * LARGEST_ENLARGEMENT}px" role="img" aria-label="${description}">
${contents}</svg>\n`;
}

/** The chart as a file of its own, with its style inside, for any program that reads SVG. */
export function standaloneSvg(chart: Html): string {
  return withPlainColours(chart.markup.replace(/^(<svg[^>]*>)/, `$1<style>${CHART_STYLE}</style>`));
}

/** A path through points; a null breaks it. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  let pen: "M" | "L" = "M";
  let path = "";
  for (const point of points) {
    if (point === null) pen = "M";
    else {
      path += `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

/** Round marks of 1, 2 or 5 times a power of ten inside [low, high], about `count` of them. */
export function roundTicks(low: number, high: number, count = MARKS): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Rounded, because 3 * 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The domain that ends on a round mark above the greatest value; [0, 1] where there is nothing. */
export function domainFromZero(values: readonly number[]): [number, number] {
  const most = Math.max(0, ...values);
  if (most === 0) return [0, 1];
  const [first = 0, second = most] = roundTicks(0, most);
  const step = second - first;
  return [0, Math.ceil(most / step - 1e-9) * step];
}

function scaleOf({ domain: [low, high], logarithmic = false }: Axis, from: number, to: number): Scale {
  const position = logarithmic ? Math.log10 : (value: number) => value;
  const [start, end] = [position(low), position(high)];
  const span = end > start ? end - start : 1;
  return (value) => from + ((position(value) - start) / span) * (to - from);
}

function ticksOf({ domain: [low, high], ticks, whole = false, logarithmic = false }: Axis): readonly number[] {
  if (ticks !== undefined) return ticks;
  if (!logarithmic) return roundTicks(low, high).filter((tick) => !whole || Number.isInteger(tick));
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(`1e${first + index}`));
}

function labelOf({ format = String }: Axis, value: number): string {
  return format(value).replace("-", "−");
}
