import { open, readFile, stat } from "node:fs/promises";
import { describeError, ImageError } from "../core/errors.ts";

export type ImageFormat = "jpeg" | "png" | "tiff" | "bmp" | "webp" | "gif";

/**
 * An image file, opened: `name` for messages, `format` told by its first bytes (never by its extension), and where the
 * decoder finds the rest. Small files are held whole, so that they are read once; of a large file (a stack of many
 * pages) only the path is kept, so that one page can be read without the others.
 */
export interface OpenedImage {
  readonly name: string;
  readonly format: ImageFormat;
  readonly content: Uint8Array | string;
}

const HELD_WHOLE_BYTES = 64 * 1024 * 1024;
const MAGIC_BYTES = 16;

/** Opens a file or takes bytes; refuses what is not a file, is empty, or does not start like a known image format. */
export async function openImage(source: string | Uint8Array): Promise<OpenedImage> {
  const name = typeof source === "string" ? `"${source}"` : `(${source.byteLength} bytes in memory)`;
  const content = typeof source === "string" ? await contentOf(source) : source;
  const start = typeof content === "string" ? await firstBytes(content) : content.subarray(0, MAGIC_BYTES);
  if (start.byteLength === 0)
    throw new ImageError("IMAGE_EMPTY", `The image ${name} has 0 bytes. Copy it again from where it was made.`);
  const format = formatOf(start);
  if (format === undefined)
    throw new ImageError(
      "IMAGE_FORMAT_UNKNOWN",
      `The file ${name} starts with the bytes ${hexadecimal(start)}, which is no image format that is read here. ` +
        `Expected JPEG, PNG, TIFF, BMP, WebP or GIF: export it from the microscope's software as TIFF or PNG.`,
    );
  return { name, format, content };
}

/** All bytes of an opened image, also of a large one. */
export async function wholeContent({ content }: OpenedImage): Promise<Uint8Array> {
  return typeof content === "string" ? await reading(content, () => readFile(content)) : content;
}

async function contentOf(path: string): Promise<Uint8Array | string> {
  const { size, kind } = await reading(path, async () => {
    const found = await stat(path);
    return { size: found.size, kind: found.isDirectory() ? "folder" : found.isFile() ? "file" : "device" };
  });
  if (kind === "folder")
    throw new ImageError("IMAGE_IS_FOLDER", `"${path}" is a folder. Expected one image file: name a file in it.`);
  if (kind === "device")
    throw new ImageError("IMAGE_UNREADABLE", `"${path}" is a pipe or a device. Expected a regular image file.`);
  return size > HELD_WHOLE_BYTES ? path : await reading(path, () => readFile(path));
}

async function firstBytes(path: string): Promise<Uint8Array> {
  return await reading(path, async () => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  });
}

/** Runs a file operation and turns the system's errors into ours. */
async function reading<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    switch ((cause as NodeJS.ErrnoException).code) {
      case "ENOENT":
      case "ENOTDIR":
        throw new ImageError("IMAGE_NOT_FOUND", `There is no file "${path}". Check the path, or where it was moved.`, {
          cause,
        });
      case "EACCES":
      case "EPERM":
        throw new ImageError(
          "IMAGE_NO_PERMISSION",
          `The file "${path}" may not be read by this user. Change its permissions, or ask its owner.`,
          { cause },
        );
      default:
        throw new ImageError(
          "IMAGE_UNREADABLE",
          `The file "${path}" cannot be read: ${describeError(cause)}. Check the disk or the network drive.`,
          { cause },
        );
    }
  }
}

/** The format that the first bytes announce, if it is one that is read here. */
function formatOf(start: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(start).toString("latin1");
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return "tiff";
  if (text.startsWith("BM")) return "bmp";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "webp";
  if (/^GIF8[79]a/.test(text)) return "gif";
  return undefined;
}

function hexadecimal(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
