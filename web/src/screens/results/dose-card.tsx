import type { Estimate, SampleResult, StudyResult } from "../../../../src/server/api/results.ts";
import { Plot } from "../../design/charts/plot.tsx";
import { roundDomain } from "../../design/charts/scale.ts";
import { Note } from "../../design/feedback.tsx";
import { percentText } from "../../design/numbers.ts";
import { EstimateCell } from "./estimate-cell.tsx";
import { DOSE_DECIMALS } from "./estimates.ts";

type Curve = NonNullable<StudyResult["curve"]>;
interface Dosed {
  sample: SampleResult;
  dose: Estimate;
}

const CURVE_STEPS = 80;

/** Estimated doses, on the curve that they were read from. */
export function DoseCard({ result }: { result: StudyResult }) {
  const { curve, curveMissing, samples, level } = result;
  const dosed = samples.flatMap((sample): Dosed[] =>
    sample.dose95 !== null && "value" in sample.dose95 ? [{ sample, dose: sample.dose95 }] : [],
  );
  const undosed = samples.flatMap(({ id, name, dose95 }) =>
    dose95 !== null && "missing" in dose95 ? [{ id, name, missing: dose95.missing }] : [],
  );
  return (
    <section className="card stack" aria-labelledby="dose-title">
      <h2 id="dose-title">Dose</h2>
      {curve === null && <Note>{curveMissing ?? "There is no dose-response curve for this study."}</Note>}
      {curve !== null && (
        <div className="dose-columns">
          <DosePlot curve={curve} dosed={dosed} />
          <div className="stack">
            <table>
              <thead>
                <tr>
                  <th scope="col">Sample</th>
                  <th scope="col" className="number">
                    Dose in Gy ({percentText(level, 0)} interval)
                  </th>
                </tr>
              </thead>
              <tbody>
                {dosed.map(({ sample, dose }) => (
                  <tr key={sample.id}>
                    <th scope="row">{sample.name}</th>
                    <EstimateCell estimate={dose} decimals={DOSE_DECIMALS} />
                  </tr>
                ))}
              </tbody>
            </table>
            <p className="quiet small">Curve: {curve.source}</p>
          </div>
        </div>
      )}
      {undosed.length > 0 && (
        <ul className="dose-missing quiet">
          {undosed.map(({ id, name, missing }) => (
            <li key={id}>
              <span className="strong">{name}:</span> {missing}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** y = c + alpha D + beta D^2, per cell. */
function yieldAt({ c, alpha, beta }: Curve, dose: number): number {
  return c + alpha * dose + beta * dose * dose;
}

function DosePlot({ curve, dosed }: { curve: Curve; dosed: readonly Dosed[] }) {
  const highest = Math.max(curve.maximumGray, ...dosed.map(({ dose }) => dose.high));
  const points = Array.from({ length: CURVE_STEPS + 1 }, (_, step) => {
    const dose = (highest * step) / CURVE_STEPS;
    return { dose, perThousand: 1000 * yieldAt(curve, dose) };
  });
  return (
    <Plot
      label="Dose-response curve with the samples' estimated doses; the numbers are in the table beside it"
      x={{ name: "Dose in Gy", domain: [0, highest] }}
      y={{
        name: "Micronuclei in 1,000 cells",
        domain: roundDomain([0, ...points.map((point) => point.perThousand)], 5),
      }}
      height={300}
    >
      {(area) => (
        <>
          <polyline
            className="line tone-quiet"
            points={points.map(({ dose, perThousand }) => `${area.x(dose)},${area.y(perThousand)}`).join(" ")}
          />
          {highest > curve.maximumGray && (
            <g transform={`translate(${area.x(curve.maximumGray)} 0)`}>
              <line className="reference" y1={area.top} y2={area.bottom} />
              <text className="tick" x="-6" y={area.top + 12} textAnchor="end">
                measured up to here
              </text>
            </g>
          )}
          {dosed.map(({ sample, dose }) => {
            const y = area.y(1000 * yieldAt(curve, dose.value));
            return (
              <g key={sample.id}>
                <line className="whisker tone-accent" x1={area.x(dose.low)} x2={area.x(dose.high)} y1={y} y2={y} />
                <circle className="fill-accent" cx={area.x(dose.value)} cy={y} r="5">
                  <title>{sample.name}</title>
                </circle>
              </g>
            );
          })}
        </>
      )}
    </Plot>
  );
}
