import { type ChangeEvent, useRef } from "react";
import { Button, type ButtonLook } from "../design/button.tsx";
import { FolderIcon, UploadIcon } from "../design/icons.tsx";
import { chosenFiles, IMAGE_ENDINGS } from "./image-files.ts";
import { offerFiles } from "./upload-store.ts";

/** Makes a file chooser choose a folder with all that is in it; not in the HTML standard, but in every browser. */
const WHOLE_FOLDER = { webkitdirectory: "" };

/** Two buttons: choose a folder, choose images. */
export function FileChoosers({ studyId, look = "plain" }: { studyId: number | null; look?: ButtonLook }) {
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    if (event.target.files !== null) offerFiles({ ...chosenFiles(event.target.files), studyId });
    // The same folder can be chosen again.
    event.target.value = "";
  };
  return (
    <div className="row">
      <Button look={look} onClick={() => folder.current?.click()}>
        <FolderIcon />
        Choose a folder
      </Button>
      <Button onClick={() => files.current?.click()}>
        <UploadIcon />
        Choose images
      </Button>
      <input ref={folder} type="file" hidden multiple {...WHOLE_FOLDER} onChange={take} aria-label="Folder of images" />
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept={IMAGE_ENDINGS.join(",")}
        onChange={take}
        aria-label="Images"
      />
    </div>
  );
}
