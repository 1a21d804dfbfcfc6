import type { StudyResult } from "../../../../src/server/api/results.ts";
import { Button } from "../../design/button.tsx";
import { resultCsv } from "./result-csv.ts";

interface ReportLinksProps {
  studyId: number;
  name: string;
  result: StudyResult;
}

/** The report in a tab of its own, and the numbers as a table file. */
export function ReportLinks({ studyId, name, result }: ReportLinksProps) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([resultCsv(result)], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `${name || `study-${studyId}`}-results.csv`;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <div className="row">
      <Button onClick={save}>Save as a table (CSV)</Button>
      <a className="button button-primary" href={`/api/studies/${studyId}/report`} target="_blank" rel="noreferrer">
        Open the report
      </a>
    </div>
  );
}
