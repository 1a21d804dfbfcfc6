import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useEffect, useMemo } from "react";
import { useParams, useSearchParams } from "react-router";
import type { CellList, Queue, QueueName } from "../../../src/server/api/cells.ts";
import { get } from "../api/client.ts";
import { queryText, queuesQuery, readerSettingsQuery } from "../api/queries.ts";
import { useReader } from "../api/reader.ts";
import { Button, ButtonLink } from "../design/button.tsx";
import { EmptyState, Failed, Waiting } from "../design/feedback.tsx";
import { Kbd } from "../design/kbd.tsx";
import { countOf } from "../design/numbers.ts";
import { CellView } from "./cell-view.tsx";
import { DecisionBar } from "./decision-bar.tsx";
import { Desk } from "./desk.ts";
import { JumpDialog, KeysDialog, ReasonDialog } from "./dialogs.tsx";
import { EmptyQueue } from "./empty-queue.tsx";
import { Gallery } from "./gallery.tsx";
import { QueueCells } from "./queue-cells.ts";
import { QueueEnd } from "./queue-end.tsx";
import { QueuesDialog } from "./queues-dialog.tsx";
import "./review.css";
import { ReviewBar } from "./review-bar.tsx";
import { reviewPath } from "./review-path.ts";
import { readSettings } from "./settings.ts";
import { SettingsDialog } from "./settings-dialog.tsx";
import { imageStateOf } from "./tile-image.tsx";
import { useDesk, useListFailure, useTotal } from "./use-desk.ts";
import { useKeys } from "./use-keys.ts";
import { useLiveCells } from "./use-live-cells.ts";
import { useKeptPlace } from "./use-place.ts";
import { windowOutbox } from "./window-outbox.ts";
import { inOrder, QUEUE_ORDER, QUEUES } from "./wording.ts";

const SETTINGS = "review-settings";

interface Where {
  readonly studyId: number;
  readonly queue: QueueName;
  readonly sampleId: number | undefined;
}

/** The address's queue, at the place where its reader stopped. */
export function ReviewScreen() {
  const { id, queue: name } = useParams();
  const [query] = useSearchParams();
  const reader = useReader();
  const sample = query.get("sample");
  const queue = QUEUE_ORDER.find((known) => known === name);
  if (queue === undefined || reader === null)
    return <EmptyState title="There is no such queue">{`"${name}" is not one of the queues of a study.`}</EmptyState>;
  const where: Where = { studyId: Number(id), queue, sampleId: sample === null ? undefined : Number(sample) };
  return <Resumed key={`${id} ${queue} ${sample} ${reader}`} where={where} reader={reader} />;
}

function Resumed({ where, reader }: { readonly where: Where; readonly reader: string }) {
  const { studyId, queue, sampleId } = where;
  // A place from the cache may be older than the last visit.
  const queues = useQuery({ ...queuesQuery(studyId, sampleId), refetchOnMount: "always" });
  const settings = useQuery(readerSettingsQuery(studyId));
  const asked = queues.isFetchedAfterMount || queues.isError;
  if (queues.data === undefined || settings.data === undefined || !asked)
    return queues.error !== null || settings.error !== null ? (
      <div className="screen">
        <Failed
          error={queues.error ?? settings.error}
          retry={() => void Promise.all([queues.refetch(), settings.refetch()])}
        />
      </div>
    ) : (
      <Waiting label="Opening the queue" />
    );
  const place = queues.data.find(({ name }) => name === queue)?.position ?? 0;
  const { blinded } = settings.data;
  if (!queues.data.some(({ name }) => name === queue))
    return <HiddenQueue studyId={studyId} sampleId={sampleId} queues={queues.data} />;
  return <AtDesk key={String(blinded)} where={where} reader={reader} place={place} blinded={blinded} />;
}

interface HiddenQueueProps {
  readonly studyId: number;
  readonly sampleId: number | undefined;
  readonly queues: readonly Queue[];
}

/** A queue that would tell a blinded reader what the model or others found. */
function HiddenQueue({ studyId, sampleId, queues }: HiddenQueueProps) {
  const open = inOrder(queues).filter(({ cells }) => cells > 0);
  return (
    <EmptyState
      title="You read this study blinded"
      action={
        <div className="row">
          {open.map(({ name, cells }) => (
            <ButtonLink key={name} to={reviewPath(studyId, name, sampleId)}>
              {QUEUES[name].title}: {countOf(cells, "cell")}
            </ButtonLink>
          ))}
        </div>
      }
    >
      This queue would show what the model or other readers found. These do not:
    </EmptyState>
  );
}

interface AtDeskProps {
  readonly where: Where;
  readonly reader: string;
  readonly place: number;
  readonly blinded: boolean;
}

function AtDesk({ where, reader, place, blinded }: AtDeskProps) {
  const { studyId, queue, sampleId } = where;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a place that the server tells later must not move the reader
  const desk = useMemo(() => deskFor(where, reader, place), [studyId, queue, sampleId, reader]);
  useEffect(() => () => desk.cells.close(), [desk]);
  // What this reader left in the browser may be sent again now.
  useEffect(() => windowOutbox().retry(), []);
  useKeys(desk);
  useLiveCells(desk, studyId);
  useKeptPlace(desk, studyId, sampleId);
  const { brightness, contrast } = useDesk(desk, (state) => state.settings);
  const filter = brightness === 1 && contrast === 1 ? "none" : `brightness(${brightness}) contrast(${contrast})`;
  return (
    <div className="review" style={{ "--image-filter": filter } as CSSProperties}>
      <h1 className="hidden-label">Review</h1>
      <ReviewBar desk={desk} studyId={studyId} sampleId={sampleId} blinded={blinded} />
      <Cells desk={desk} studyId={studyId} sampleId={sampleId} />
      <DecisionBar desk={desk} />
      <OpenDialog desk={desk} studyId={studyId} sampleId={sampleId} />
    </div>
  );
}

interface CellsProps {
  readonly desk: Desk;
  readonly studyId: number;
  readonly sampleId: number | undefined;
}

function Cells({ desk, studyId, sampleId }: CellsProps) {
  const total = useTotal(desk);
  const failure = useListFailure(desk);
  const view = useDesk(desk, (state) => state.settings.view);
  const ended = useDesk(desk, (state) => total !== null && state.place >= total);
  const loaded = total !== null;
  useEffect(() => desk.cells.show(desk.state.place, desk.state.place), [desk]);
  useEffect(() => {
    if (loaded) desk.begin();
  }, [desk, loaded]);
  if (total === null)
    return failure === null ? <Waiting label="Opening the queue" /> : <CannotOpen desk={desk} failure={failure} />;
  if (total === 0) return <EmptyQueue desk={desk} studyId={studyId} />;
  if (ended) return <QueueEnd desk={desk} studyId={studyId} sampleId={sampleId} />;
  return view === "cell" ? <CellView desk={desk} /> : <Gallery desk={desk} />;
}

function CannotOpen({ desk, failure }: { readonly desk: Desk; readonly failure: unknown }) {
  return (
    <div className="screen">
      <Failed error={failure} retry={() => desk.cells.retry()} />
      <div>
        <Button onClick={() => desk.open("queues")}>
          Other queues <Kbd>Q</Kbd>
        </Button>
      </div>
    </div>
  );
}

function OpenDialog({ desk, studyId, sampleId }: CellsProps) {
  const dialog = useDesk(desk, (state) => state.dialog);
  switch (dialog) {
    case "reason":
      return <ReasonDialog desk={desk} />;
    case "jump":
      return <JumpDialog desk={desk} />;
    case "keys":
      return <KeysDialog desk={desk} />;
    case "queues":
      return <QueuesDialog desk={desk} studyId={studyId} sampleId={sampleId} />;
    case "settings":
      return <SettingsDialog desk={desk} studyId={studyId} />;
    case null:
      return null;
  }
}

function deskFor({ studyId, queue, sampleId }: Where, reader: string, place: number): Desk {
  const cells = new QueueCells((offset, limit, signal) =>
    get<CellList>(`studies/${studyId}/cells${queryText({ queue, sampleId, offset, limit })}`, signal),
  );
  const settings = readSettings(localStorage.getItem(SETTINGS));
  return new Desk({
    studyId,
    queue,
    reader,
    place,
    cells,
    outbox: windowOutbox(),
    settings: { ...settings, ...(queue === "disagreements" && { view: "cell", panel: true }) },
    keepSettings: (settings) => localStorage.setItem(SETTINGS, JSON.stringify(settings)),
    imageState: imageStateOf,
    now: Date.now,
  });
}
