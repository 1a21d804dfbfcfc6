import type { AgreementPair, StudyResult } from "../../../../src/server/api/results.ts";
import { countText, decimalText, percentText } from "../../design/numbers.ts";
import { EstimateCell } from "./estimate-cell.tsx";
import { AGREEMENT_DECIMALS } from "./estimates.ts";

/** How far the readers agree on cells that both have read: positive or not. */
export function AgreementTable({ result }: { result: StudyResult }) {
  const { agreement, disagreements } = result;
  return (
    <section className="card stack" aria-labelledby="agreement-title">
      <h2 id="agreement-title">Agreement between readers</h2>
      {agreement.length === 0 ? (
        <p className="quiet">
          No two readers have read the same cells yet. A second reader can read blinded: the switch is on the study's
          page.
        </p>
      ) : (
        <>
          <div className="scroll-x">
            <table>
              <thead>
                <tr>
                  <th scope="col">Readers</th>
                  <th scope="col" className="number">
                    Cells
                  </th>
                  <th scope="col" className="number">
                    Agreed
                  </th>
                  <th scope="col" className="number">
                    Kappa
                  </th>
                  <th scope="col" className="number">
                    PABAK
                  </th>
                  <th scope="col" className="number">
                    AC1
                  </th>
                </tr>
              </thead>
              <tbody>
                {agreement.map((pair) => (
                  <AgreementLine key={pair.readers.join(" and ")} pair={pair} />
                ))}
              </tbody>
            </table>
          </div>
          <p className="quiet small">
            Readers disagree on {countText(disagreements.cells)} cells; {countText(disagreements.adjudicated)} of them
            were decided. Where micronuclei are rare, kappa is low even if readers agree on nearly all cells: read it
            beside PABAK and AC1.
          </p>
        </>
      )}
    </section>
  );
}

function AgreementLine({ pair }: { pair: AgreementPair }) {
  return (
    <tr>
      <th scope="row">{pair.readers.join(" and ")}</th>
      <td className="number">{countText(pair.cells)}</td>
      <td className="number">{percentText(pair.observed)}</td>
      <EstimateCell estimate={pair.kappa} decimals={AGREEMENT_DECIMALS} />
      <td className="number">{decimalText(pair.pabak, AGREEMENT_DECIMALS)}</td>
      <EstimateCell estimate={pair.ac1} decimals={AGREEMENT_DECIMALS} />
    </tr>
  );
}
