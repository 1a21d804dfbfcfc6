import { readdir, rename, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { z } from "zod";
import { MicronucleiError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { readJsonFile } from "../core/json-file.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { MODEL_IN_THE_BOX, readModel } from "../scoring/model.ts";
import { RUN_FILES } from "../training/run-folder.ts";
import { type TrainingRecord, trainingRecord } from "./training-record.ts";

/** A model that can be used: the one that came with the software, or one of the workspace. */
export interface ShelfModel {
  /** SHA-256 of its file. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly inBox: boolean;
  readonly metadata: ModelMetadata;
  /** Null where it was not trained in this workspace's review application. */
  readonly training: TrainingRecord | null;
  /** When its file was written, ISO 8601; null for the one that came with the software. */
  readonly writtenAt: string | null;
}

/** What is remembered of a model's training here (`TrainingRecord`), in its folder. */
export const TRAINING_FILE = "training.json";

/** A training's folder begins so until it is finished. */
export const TRAINING_FOLDER = ".training-";

const CURRENT_FILE = "current.json";
const choice = z.object({ modelId: z.string() });

/** What was read of a model file, while the file stays as it is. */
interface KnownFile {
  readonly size: number;
  readonly modifiedAt: number;
  readonly id: string;
  readonly metadata: ModelMetadata;
}

/**
 * The models of a workspace: the one in the box, and the run folders (as `mn train` writes them) in its folder `models`.
 * One of them is in use.
 */
export class ModelShelf {
  readonly #folder: string;
  readonly #boxPath: string;
  readonly #known = new Map<string, KnownFile>();

  /** `workspaceFolder`: the workspace's; its models lie in `models`. */
  constructor(workspaceFolder: string, boxPath: string = MODEL_IN_THE_BOX) {
    this.#folder = join(workspaceFolder, "models");
    this.#boxPath = boxPath;
  }

  /** The model in the box first, the others by name. A file that is no model is left out. */
  async list(): Promise<ShelfModel[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
    const names = folders.map(({ name }) => name).sort();
    const own = await Promise.all(names.map((name) => this.#open(join(this.#folder, name, RUN_FILES.model), name)));
    const inBox = await this.#open(this.#boxPath, null);
    return [inBox, ...own].filter((model) => model !== null);
  }

  /** Throws MODEL_MISSING. */
  async find(id: string): Promise<ShelfModel> {
    const models = await this.list();
    const model = models.find((candidate) => candidate.id === id);
    if (model !== undefined) return model;
    throw new MicronucleiError(
      "MODEL_MISSING",
      `There is no model ${id.slice(0, 12)} here. Installed: ${models.map(({ name }) => name).join(", ")}.`,
    );
  }

  /** The model that new studies are scored with: the chosen one, or the one in the box. */
  async current(): Promise<ShelfModel> {
    const chosen = await readJsonFile(join(this.#folder, CURRENT_FILE), choice);
    const models = await this.list();
    const model = models.find(({ id }) => id === chosen?.modelId) ?? models[0];
    if (model !== undefined) return model;
    throw new MicronucleiError(
      "MODEL_MISSING",
      "There is no model: the one that comes with this software is not there. Install the software again.",
    );
  }

  /** Puts a model in use. Throws MODEL_MISSING. */
  async use(id: string): Promise<void> {
    const { id: modelId } = await this.find(id);
    await writeFileAtomically(join(this.#folder, CURRENT_FILE), `${JSON.stringify({ modelId })}\n`);
  }

  /** Moves a finished run into the shelf, under its name or the next free one. It is not in use. */
  async install(runFolder: string, name: string): Promise<ShelfModel> {
    const taken = new Set((await readdir(this.#folder).catch(() => [])).map((entry) => entry.toLowerCase()));
    const plain = folderNameOf(name);
    let free = plain;
    for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${plain}-${number}`;
    await rename(runFolder, join(this.#folder, free));
    const model = await this.#open(join(this.#folder, free, RUN_FILES.model), free);
    if (model === null) throw new Error(`The finished run of "${name}" has no readable model.`);
    return model;
  }

  /** Where a training writes until it is finished; the shelf does not show it. */
  newRunFolder(id: string): string {
    return join(this.#folder, `${TRAINING_FOLDER}${id}`);
  }

  /** `folderName` is null for the model in the box. */
  async #open(path: string, folderName: string | null): Promise<ShelfModel | null> {
    const known = await this.#read(path);
    if (known === null) return null;
    const training =
      folderName === null ? null : await readJsonFile(join(dirname(path), TRAINING_FILE), trainingRecord);
    return {
      id: known.id,
      name: training?.name ?? folderName ?? basename(path, extname(path)),
      path,
      inBox: folderName === null,
      metadata: known.metadata,
      training,
      writtenAt: folderName === null ? null : new Date(known.modifiedAt).toISOString(),
    };
  }

  async #read(path: string): Promise<KnownFile | null> {
    const found = await stat(path).catch(() => null);
    if (found === null) return null;
    const known = this.#known.get(path);
    if (known?.size === found.size && known.modifiedAt === found.mtimeMs) return known;
    const model = await readModel(path).catch(() => null);
    if (model === null) return null;
    const read = { size: found.size, modifiedAt: found.mtimeMs, id: model.sha256, metadata: model.metadata };
    this.#known.set(path, read);
    return read;
  }
}

/** A name as a folder's: letters, digits and single dashes. */
function folderNameOf(name: string): string {
  const plain = name
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  return plain === "" ? "model" : plain;
}
