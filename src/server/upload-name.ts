import { extname } from "node:path";
import { UsageError } from "../core/errors.ts";
import { IMAGE_EXTENSIONS } from "../images/list.ts";

/** Folders in a name, and bytes of each part: what every file system takes. */
const MOST_PARTS = 20;
const MOST_BYTES = 200;
/** What some system gives a meaning of its own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSAFE_CHARACTERS = /[\u0000-\u001f\u007f<>:"|?*]/g;
const DEVICE_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A name as a browser gives it (`slide 1/cell-7.png`), made safe to be a path below a folder on any system: parts joined
 * by "/", none of them "..", hidden, or with a meaning of its own. Throws UPLOAD_NAME, UPLOAD_NOT_IMAGE.
 */
export function safeName(name: string): string {
  const parts = name
    .normalize("NFC")
    .split(/[\\/]/)
    .filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.length > MOST_PARTS || parts.some(isImpossible)) throw impossible(name);
  const safe = parts.map(safePart).join("/");
  if (IMAGE_EXTENSIONS.includes(extname(safe).toLowerCase())) return safe;
  throw new UsageError(
    "UPLOAD_NOT_IMAGE",
    `"${name}" is no image by its name. Expected one of ${IMAGE_EXTENSIONS.join(", ")}: leave the file out.`,
  );
}

function isImpossible(part: string): boolean {
  return part === ".." || Buffer.byteLength(part) > MOST_BYTES;
}

function safePart(part: string): string {
  const plain = part
    .replaceAll(UNSAFE_CHARACTERS, "_")
    .replace(/^\./, "_")
    .replace(/[. ]+$/, "_");
  return DEVICE_NAMES.test(plain) ? `_${plain}` : plain;
}

function impossible(name: string): UsageError {
  return new UsageError(
    "UPLOAD_NAME",
    `"${name.slice(0, 100)}" cannot name an uploaded file. Expected a path without "..", of at most ${MOST_PARTS} parts ` +
      `of ${MOST_BYTES} bytes.`,
  );
}
