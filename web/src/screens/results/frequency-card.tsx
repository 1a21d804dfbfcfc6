import type { Estimate, SampleResult, StudyResult } from "../../../../src/server/api/results.ts";
import { Badge } from "../../design/badge.tsx";
import { IntervalPlot } from "../../design/charts/interval-plot.tsx";
import { countText, decimalText, percentText } from "../../design/numbers.ts";
import { Stat } from "../../design/stat.tsx";
import { EstimateCell } from "./estimate-cell.tsx";
import { FREQUENCY_DECIMALS, intervalText } from "./estimates.ts";

/** Frequency of cells with micronuclei of every sample: side by side as intervals, and in numbers. */
export function FrequencyCard({ result }: { result: StudyResult }) {
  const corrected = result.samples.some(({ correctedPerThousand }) => correctedPerThousand !== null);
  const counted = result.samples.filter(({ excluded }) => excluded === null);
  const only = counted.length === 1 ? counted[0] : undefined;
  const rows = counted.map(({ id, name, frequencyPerThousand, correctedPerThousand }) => ({
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
      {only !== undefined && <OnlySample sample={only} level={result.level} />}
      <IntervalPlot
        label="Frequency of every sample with its interval; the numbers are in the table below"
        x="Cells with micronuclei in 1,000"
        rows={rows}
      />
      <FrequencyTable samples={result.samples} corrected={corrected} />
    </section>
  );
}

/** Of a study with one sample its number is what everybody looks for. */
function OnlySample({ sample, level }: { sample: SampleResult; level: number }) {
  const { frequencyPerThousand, correctedPerThousand, bnCells, mnbnCells, confirmedMn } = sample;
  const named = (estimate: Estimate) =>
    `${percentText(level, 0)} interval ${intervalText(estimate, FREQUENCY_DECIMALS)}`;
  return (
    <div className="stats">
      {frequencyPerThousand !== null && (
        <Stat
          name={`${sample.name}, in 1,000`}
          value={decimalText(frequencyPerThousand.value, FREQUENCY_DECIMALS)}
          interval={named(frequencyPerThousand)}
        />
      )}
      {correctedPerThousand !== null && (
        <Stat
          name="Corrected with the audit"
          value={decimalText(correctedPerThousand.value, FREQUENCY_DECIMALS)}
          interval={named(correctedPerThousand)}
        />
      )}
      <Stat name="Cells with micronuclei" value={countText(mnbnCells)} interval={`of ${countText(bnCells)} cells`} />
      <Stat name="Confirmed by a person" value={countText(confirmedMn)} />
    </div>
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
