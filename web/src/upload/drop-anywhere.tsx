import { useEffect, useState } from "react";
import { useMatch } from "react-router";
import { UploadIcon } from "../design/icons.tsx";
import { sayFailure } from "../design/toast.tsx";
import { droppedFiles } from "./image-files.ts";
import { UploadDialog } from "./upload-dialog.tsx";
import { offerFiles, useUploads } from "./upload-store.ts";
import "./upload.css";

/** Takes files and folders that are dropped anywhere on the window, and asks where they belong. */
export function DropAnywhere() {
  const studyId = useMatch("/studies/:id/*")?.params.id;
  const [over, setOver] = useState(false);
  const [reading, setReading] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const handle = <Type extends "dragenter" | "dragover" | "dragleave" | "drop">(
      type: Type,
      listener: (event: DragEvent) => void,
    ) => addEventListener(type, listener, { signal: stop.signal });
    handle("dragenter", (event) => setOver(hasFiles(event)));
    // Without this the browser would open a dropped image in place of the application.
    handle("dragover", (event) => event.preventDefault());
    handle("dragleave", (event) => {
      if (event.relatedTarget === null) setOver(false);
    });
    handle("drop", (event) => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer === null || !hasFiles(event)) return;
      setReading(true);
      droppedFiles(event.dataTransfer)
        .then((files) => offerFiles({ ...files, studyId: studyId === undefined ? null : Number(studyId) }), sayFailure)
        .finally(() => setReading(false));
    });
    return () => stop.abort();
  }, [studyId]);
  const { offer } = useUploads();
  return (
    <>
      {(over || reading) && (
        <div className="drop-overlay" role="status">
          <div className="drop-target">
            <UploadIcon />
            {reading ? "Looking through what was dropped …" : "Drop images or a folder to score them"}
          </div>
        </div>
      )}
      {offer !== null && <UploadDialog offer={offer} />}
    </>
  );
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
