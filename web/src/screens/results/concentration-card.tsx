import type { StudyResult } from "../../../../src/server/api/results.ts";
import { IntervalPlot } from "../../design/charts/interval-plot.tsx";
import { percentText, pValueText } from "../../design/numbers.ts";
import { EstimateCell } from "./estimate-cell.tsx";
import { FREQUENCY_DECIMALS } from "./estimates.ts";

/** A genotoxicity study's concentrations side by side, and its verdict. */
export function ConcentrationCard({ result }: { result: StudyResult }) {
  const { groups, verdict, level } = result;
  return (
    <section className="card stack" aria-labelledby="concentrations-title">
      <h2 id="concentrations-title">{verdict?.title ?? "Concentrations"}</h2>
      <p className="verdict-text">
        {verdict?.text ?? "The verdict needs a control and at least one concentration with cells that were counted."}
      </p>
      {groups.length > 0 && (
        <div className="dose-columns">
          <IntervalPlot
            label="Frequency of every concentration with its interval; the numbers are in the table beside it"
            x="Cells with micronuclei in 1,000"
            rows={groups.map(({ dose, doseUnit, frequencyPerThousand }) => ({
              key: dose,
              name: doseText(dose, doseUnit),
              estimate: frequencyPerThousand,
            }))}
          />
          <div className="scroll-x">
            <table>
              <thead>
                <tr>
                  <th scope="col">Concentration</th>
                  <th scope="col" className="number">
                    In 1,000 ({percentText(level, 0)} interval)
                  </th>
                  <th scope="col" className="number">
                    Against the control
                  </th>
                </tr>
              </thead>
              <tbody>
                {groups.map(({ dose, doseUnit, frequencyPerThousand, pValue }) => (
                  <tr key={dose}>
                    <th scope="row">{doseText(dose, doseUnit)}</th>
                    <EstimateCell estimate={frequencyPerThousand} decimals={FREQUENCY_DECIMALS} />
                    <td className="number">{pValue === null ? "–" : pValueText(pValue)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </section>
  );
}

function doseText(dose: number, unit: string | null): string {
  return `${dose} ${unit ?? ""}`.trim();
}
