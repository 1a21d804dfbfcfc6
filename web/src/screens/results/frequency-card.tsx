import type { SampleResult, StudyResult } from "../../../../src/server/api/results.ts";
import { Badge } from "../../design/badge.tsx";
import { IntervalPlot } from "../../design/charts/interval-plot.tsx";
import { countText, decimalText, percentText } from "../../design/numbers.ts";
import { EstimateCell } from "./estimate-cell.tsx";
import { FREQUENCY_DECIMALS } from "./estimates.ts";

/** Frequency of cells with micronuclei of every sample: side by side as intervals, and in numbers. */
export function FrequencyCard({ result }: { result: StudyResult }) {
  const corrected = result.samples.some(({ correctedPerThousand }) => correctedPerThousand !== null);
  const rows = result.samples
    .filter(({ excluded }) => excluded === null)
    .map(({ id, name, frequencyPerThousand, correctedPerThousand }) => ({
      key: id,
      name,
      estimate: frequencyPerThousand,
      below: correctedPerThousand,
    }));
  return (
    <section className="card stack" aria-labelledby="frequency-title">
      <div className="spread">
        <h2 id="frequency-title">Cells with micronuclei in 1,000 binucleated cells</h2>
        <ul className="legend">
          <li>
            <span className="legend-line accent" aria-hidden="true" />
            as counted, {percentText(result.level, 0)} interval
          </li>
          {corrected && (
            <li>
              <span className="legend-line third" aria-hidden="true" />
              corrected with the audit
            </li>
          )}
        </ul>
      </div>
      <IntervalPlot
        label="Frequency of every sample with its interval; the numbers are in the table below"
        x="Cells with micronuclei in 1,000"
        rows={rows}
      />
      <FrequencyTable samples={result.samples} corrected={corrected} />
    </section>
  );
}

function FrequencyTable({ samples, corrected }: { samples: readonly SampleResult[]; corrected: boolean }) {
  const showsCbpi = samples.some(({ cbpi }) => cbpi !== null);
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Sample</th>
            <th scope="col" className="number">
              Binucleated cells
            </th>
            <th scope="col" className="number">
              With micronuclei
            </th>
            <th scope="col" className="number">
              Confirmed
            </th>
            <th scope="col" className="number">
              By the model alone
            </th>
            <th scope="col" className="number">
              In 1,000
            </th>
            {corrected && (
              <th scope="col" className="number">
                Corrected
              </th>
            )}
            {showsCbpi && (
              <th scope="col" className="number">
                CBPI
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {samples.map((sample) => (
            <FrequencyLine key={sample.id} sample={sample} corrected={corrected} showsCbpi={showsCbpi} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface FrequencyLineProps {
  sample: SampleResult;
  corrected: boolean;
  showsCbpi: boolean;
}

function FrequencyLine({ sample, corrected, showsCbpi }: FrequencyLineProps) {
  return (
    <tr>
      <th scope="row">
        {sample.name}
        {sample.excluded !== null && (
          <>
            {" "}
            <Badge tone="warning">left out: {sample.excluded}</Badge>
          </>
        )}
      </th>
      <td className="number">{countText(sample.bnCells)}</td>
      <td className="number">{countText(sample.mnbnCells)}</td>
      <td className="number">{countText(sample.confirmedMn)}</td>
      <td className="number">{countText(sample.automaticPositive)}</td>
      <EstimateCell estimate={sample.frequencyPerThousand} decimals={FREQUENCY_DECIMALS} />
      {corrected && <EstimateCell estimate={sample.correctedPerThousand} decimals={FREQUENCY_DECIMALS} />}
      {showsCbpi && <td className="number">{sample.cbpi === null ? "–" : decimalText(sample.cbpi, 2)}</td>}
    </tr>
  );
}
