/** A file that was dropped or chosen. `path` is its place in the folder that was brought, with "/" between the parts. */
export interface ImageFile {
  path: string;
  file: File;
}

export interface BroughtFiles {
  images: ImageFile[];
  /** Files that are no images of a kind that is read. */
  leftOut: number;
}

/** Endings of the images that the server reads; the same list is in src/images/list.ts. */
export const IMAGE_ENDINGS = [".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"] as const;

/** Files of a file chooser; of a folder chooser they carry their place in the folder. */
export function chosenFiles(files: Iterable<File>): BroughtFiles {
  return sorted([...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** Everything in what was dropped, folders with all that is in them. Must be called while the drop is handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<BroughtFiles> {
  // The list is emptied as soon as the drop's handler returns: everything is taken out first.
  const dropped = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
  const found: ImageFile[] = [];
  for (const one of dropped) {
    // What no file system stands behind (a picture out of another program) is a file without an entry.
    if (one instanceof File) found.push({ path: one.name, file: one });
    else await collect(one, found);
  }
  return sorted(found);
}

/** The name for a sample that these files suggest: that of the folder they came in; empty for loose files. */
export function suggestedName(images: readonly ImageFile[]): string {
  const folders = new Set(images.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  const [only] = folders;
  return folders.size === 1 ? (only ?? "").slice(0, 100) : "";
}

export function isImage(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  // macOS lays a "._" file beside each file on foreign disks: named like an image, but none.
  return !name.startsWith(".") && IMAGE_ENDINGS.some((ending) => name.endsWith(ending));
}

async function collect(entry: FileSystemEntry, found: ImageFile[]): Promise<void> {
  if (entry.isFile) {
    found.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A folder is read in parts, the last of which is empty.
  for (let part = await nextPart(reader); part.length > 0; part = await nextPart(reader))
    for (const inside of part) await collect(inside, found);
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function nextPart(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

const byPath = new Intl.Collator("en", { numeric: true }).compare;

function sorted(files: readonly ImageFile[]): BroughtFiles {
  const images = files.filter(({ path }) => isImage(path)).sort((a, b) => byPath(a.path, b.path));
  return { images, leftOut: files.length - images.length };
}
