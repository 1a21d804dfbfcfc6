import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import type { StudySummary } from "../../../src/server/api/studies.ts";
import { failureText, request } from "../api/client.ts";
import { keys, sessionQuery, studiesQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { Dialog, DialogActions } from "../design/dialog.tsx";
import { Note } from "../design/feedback.tsx";
import { bytesText, countOf, countText } from "../design/numbers.ts";
import { batchesOf, sideBySide } from "./brought-folders.ts";
import { type Destination, DestinationFields, NEW_STUDY } from "./destination-fields.tsx";
import { FileChoosers } from "./file-choosers.tsx";
import { suggestedName } from "./image-files.ts";
import { offerFiles, startUploads, type UploadOffer } from "./upload-store.ts";

/** Asks to which study and sample the images belong, then sends them. */
export function UploadDialog({ offer }: { offer: UploadOffer }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const studies = useQuery(studiesQuery).data?.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  const [typed, setTyped] = useState<Partial<Destination>>({});
  const folders = sideBySide(offer.images);
  const destination: Destination = {
    study: String(offer.studyId ?? studies?.[0]?.id ?? NEW_STUDY),
    // A folder of folders is a study more likely than not.
    studyName: folders === null ? "" : suggestedName(offer.images),
    sample: suggestedName(offer.images),
    slide: "1",
    folders: "samples",
    ...typed,
  };
  const obstacle = useObstacle(offer);
  const close = () => offerFiles(null);
  const send = useMutation({
    mutationFn: async () => {
      const { study, studyName } = destination;
      if (study !== NEW_STUDY) return Number(study);
      const created = await request<StudySummary>("POST", "studies", { body: { name: studyName.trim() } });
      void queries.invalidateQueries({ queryKey: keys.studies });
      return created.id;
    },
    onSuccess: async (studyId) => {
      const place = { sample: destination.sample.trim(), slide: destination.slide.trim() };
      void startUploads(queries, studyId, batchesOf(offer.images, destination.folders, place));
      close();
      await navigate(`/studies/${studyId}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  const ready = offer.images.length > 0 && obstacle === null && studies !== undefined && !send.isPending;
  return (
    <Dialog title="Score images" onClose={close}>
      <form className="stack" onSubmit={submit}>
        <BroughtSummary offer={offer} />
        {offer.images.length === 0 && <FileChoosers studyId={offer.studyId} look="primary" />}
        {obstacle !== null && <Note tone="danger">{obstacle}</Note>}
        <DestinationFields
          studies={offer.studyId === null ? (studies ?? []) : null}
          folders={folders && [...folders.keys()]}
          destination={destination}
          onChange={(change) => setTyped({ ...typed, ...change })}
        />
        {send.isError && <Note tone="danger">{failureText(send.error)}</Note>}
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!ready}>
            Upload and score
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function BroughtSummary({ offer: { images, leftOut } }: { offer: UploadOffer }) {
  const bytes = images.reduce((sum, { file }) => sum + file.size, 0);
  if (images.length === 0)
    return (
      <p className="quiet">
        {leftOut > 0
          ? `${countOf(leftOut, "file")} brought, but none is an image: JPEG, PNG, TIFF, BMP and WebP can be read.`
          : "Choose a folder of cell images, or several images. JPEG, PNG, TIFF, BMP and WebP can be read."}
      </p>
    );
  return (
    <p>
      <span className="strong">{countOf(images.length, "image")}</span>, {bytesText(bytes)}.
      {leftOut > 0 && <span className="quiet"> {countOf(leftOut, "other file")} will not be sent.</span>}
    </p>
  );
}

/** Why the server would refuse the files as a whole, or null. */
function useObstacle({ images }: UploadOffer): string | null {
  const limits = useQuery(sessionQuery).data?.limits;
  if (limits === undefined) return null;
  if (images.length > limits.uploadFiles)
    return `At most ${countText(limits.uploadFiles)} images can be brought at once. Bring them in several parts.`;
  const bytes = images.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > limits.uploadBytes)
    return `At most ${bytesText(limits.uploadBytes)} can be brought at once. Bring the images in several parts.`;
  return null;
}
