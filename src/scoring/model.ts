import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describeError, EngineError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import { decodeModelMetadata, type ModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx } from "../engine/onnx-file.ts";

/** A model file that was read and checked, not yet opened for running. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the file, hexadecimal: names the model in every result. */
  readonly sha256: string;
  readonly metadata: ModelMetadata;
}

/** The model that comes with the package, for DAPI and Hoechst stained nuclei. */
export const MODEL_IN_THE_BOX = fileURLToPath(new URL("../../models/micronuclei-fluorescence.onnx", import.meta.url));

/** Reads a model file. Throws MODEL_NOT_FOUND, MODEL_UNREADABLE or MODEL_METADATA. */
export async function readModel(path: string): Promise<ModelFile> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(await readFile(path));
  } catch (error) {
    throw new EngineError(
      "MODEL_NOT_FOUND",
      `The model ${path} cannot be read: ${describeError(error)}. Name an .onnx file that "mn train" wrote, ` +
        `or leave the model out to use the one that comes with this software.`,
      { cause: error },
    );
  }
  const { metadata } = decodeOnnx(bytes);
  return { path, bytes, sha256: sha256(bytes), metadata: decodeModelMetadata(metadata) };
}
