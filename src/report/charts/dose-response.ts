import type { Interval } from "../../assay/frequency.ts";
import { type Html, html } from "../html.ts";
import { formatSignificant } from "../numbers.ts";
import { domainFromZero, drawing, type Frame, linePath, plotFrame } from "./axes.ts";

/** Something measured at a dose, with its interval. */
export interface DosePoint {
  readonly name: string;
  readonly dose: number;
  readonly response: number;
  readonly interval: Interval | null;
}

/** A response from which a dose was read. */
export interface DoseReading {
  readonly name: string;
  readonly dose: number;
  /** Null at the end that has no limit. */
  readonly low: number;
  readonly high: number | null;
  readonly response: number;
}

export interface DoseResponseRequest {
  readonly doseLabel: string;
  readonly responseLabel: string;
  readonly points: readonly DosePoint[];
  /** Response of the curve and half the width of its band; null where there is no curve. */
  readonly curve: { readonly at: (dose: number) => number; readonly halfWidthAt: (dose: number) => number } | null;
  readonly readings: readonly DoseReading[];
  /** A response to compare with, such as a historical limit. */
  readonly reference?: { readonly response: number; readonly name: string } | null;
}

const [WIDTH, HEIGHT] = [640, 420];
/** Enough for a smooth line at this width. */
const STEPS = 80;

/** Response over dose: measured points, the fitted curve in its band, and readings with the way they were read. */
export function doseResponse(request: DoseResponseRequest): Html {
  const { points, curve, readings, reference } = request;
  const doses = [...points.map(({ dose }) => dose), ...readings.map(({ dose, high }) => high ?? dose)];
  const [, lastDose] = domainFromZero(doses);
  const atDoses = Array.from({ length: STEPS + 1 }, (_, step) => (step / STEPS) * lastDose);
  const responses = [
    ...points.map(({ response, interval }) => interval?.high ?? response),
    ...readings.map(({ response }) => response),
    ...(curve === null ? [] : [curve.at(lastDose)]),
    reference?.response ?? 0,
  ];
  const frame = plotFrame(
    { domain: [0, lastDose], label: request.doseLabel },
    { domain: domainFromZero(responses), label: request.responseLabel },
    { width: WIDTH, top: 14, bottom: HEIGHT - 48, left: 64 },
  );
  return drawing(
    WIDTH,
    HEIGHT,
    `${request.responseLabel} over ${request.doseLabel}, ${points.length} points${curve === null ? "" : " and the curve"}`,
    frame.axes,
    curve !== null && drawCurve(curve, atDoses, frame),
    reference !== null && reference !== undefined && drawReference(reference, frame),
    html`${points.map((point) => drawPoint(point, frame))}`,
    html`${readings.map((reading, index) => drawReading(reading, index, frame))}`,
  );
}

function drawCurve(
  { at, halfWidthAt }: NonNullable<DoseResponseRequest["curve"]>,
  doses: readonly number[],
  frame: Frame,
): Html {
  const clip = (response: number): number => Math.min(frame.bottom, Math.max(frame.top, frame.y(response)));
  const line = doses.map((dose): [number, number] => [frame.x(dose), clip(at(dose))]);
  const upper = doses.map((dose): [number, number] => [frame.x(dose), clip(at(dose) + halfWidthAt(dose))]);
  const lower = doses.map((dose): [number, number] => [frame.x(dose), clip(at(dose) - halfWidthAt(dose))]);
  return html`<path class="fill-negative" style="opacity:.16" d="${linePath([...upper, ...lower.toReversed()])}Z"/>
<path class="line negative" d="${linePath(line)}"/>
`;
}

function drawReference({ response, name }: { readonly response: number; readonly name: string }, frame: Frame): Html {
  const y = frame.y(response);
  return html`<path class="reference" d="M${frame.left} ${y}H${frame.right}"/><text class="halo tick" x="${frame.right}" y="${y - 6}" text-anchor="end">${name}</text>
`;
}

function drawPoint({ name, dose, response, interval }: DosePoint, { x, y }: Frame): Html {
  const told = `${name}: ${formatSignificant(response)} at ${formatSignificant(dose)}`;
  return html`<g><title>${told}</title>${interval !== null && html`<path class="whisker negative" d="M${x(dose)} ${y(interval.low)}V${y(interval.high)}"/>`}<circle class="fill-negative" cx="${x(dose)}" cy="${y(response)}" r="4.5"/></g>
`;
}

/** From the response to the curve and down to the dose, with the dose's interval above the axis, one above the other. */
function drawReading(reading: DoseReading, index: number, frame: Frame): Html {
  const { x, y, bottom, left, right } = frame;
  const { name, dose, low, high, response } = reading;
  const end = high === null ? right : x(high);
  const told = `${name}: ${formatSignificant(dose)}, ${formatSignificant(low)} to ${high === null ? "no limit" : formatSignificant(high)}`;
  return html`<g><title>${told}</title><path class="reference" style="stroke:var(--positive)" d="M${left} ${y(response)}H${x(dose)}V${bottom}"/>
<path class="line positive" style="stroke-width:3" d="M${x(low)} ${bottom - 5 - 6 * index}H${end}"/>
<circle class="positive hollow" cx="${x(dose)}" cy="${y(response)}" r="5"/>
<text class="halo strong" x="${left + 6}" y="${y(response) - 6}">${name}</text></g>
`;
}
