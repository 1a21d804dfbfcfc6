import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { failureText } from "../api/client.ts";
import { countOf } from "../design/numbers.ts";
import { similarQuery } from "./cell-queries.ts";
import type { Desk } from "./desk.ts";
import { imageAddress } from "./image-address.ts";
import { useDesk } from "./use-desk.ts";
import { useLast } from "./use-last.ts";
import { useSettled } from "./use-settled.ts";
import { findingInWords } from "./wording.ts";

/** Somebody who only passes by needs no search through all labelled cells. */
const SETTLED_MILLISECONDS = 500;
const THUMBNAIL_PIXELS = 128;

/** Labelled cells that look most like this one to the network, and what was said of them. Searched for only while open. */
export function SimilarCells({ desk, cellId }: { readonly desk: Desk; readonly cellId: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="panel-part" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Similar cells that were labelled</summary>
      {open && <Found desk={desk} cellId={cellId} />}
    </details>
  );
}

function Found({ desk, cellId }: { readonly desk: Desk; readonly cellId: number }) {
  const window = useDesk(desk, (state) => state.settings.window);
  const settled = useSettled(cellId, SETTLED_MILLISECONDS) === cellId;
  const { data, error } = useQuery({ ...similarQuery(cellId), enabled: settled });
  const usual = useLast(data);
  const found = data !== undefined;
  const list = useRef<HTMLUListElement>(null);
  const wasSeen = useRef(false);
  // Opened at the lower end of the panel, all of it would come below what is seen. Once: the panel stands still afterwards.
  useEffect(() => {
    if (!found || wasSeen.current) return;
    wasSeen.current = true;
    list.current?.scrollIntoView({ block: "nearest" });
  }, [found]);
  if (error !== null) return <p className="small">{failureText(error)}</p>;
  // While those of the next cell are looked for, their place is kept, and nothing above or below moves.
  if (usual === undefined) return <p className="small quiet">Comparing …</p>;
  if (usual.cells.length === 0) return <p className="small quiet">No cell has been labelled yet.</p>;
  return (
    <>
      <ul ref={list} className="similar" aria-busy={!found}>
        {usual.cells.map(({ cellId: id, similarity, label }) => (
          <li key={id}>
            <img src={imageAddress(id, THUMBNAIL_PIXELS, window)} alt="" loading="lazy" />
            <span className="small strong">{findingInWords(label)}</span>
            <span className="small quiet" title="Cosine similarity of the network's features">
              {similarity.toFixed(2)}
            </span>
          </li>
        ))}
      </ul>
      <p className="small quiet">{found ? `Out of ${countOf(usual.compared, "labelled cell")}.` : "Comparing …"}</p>
    </>
  );
}
