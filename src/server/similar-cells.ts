import type { Kysely, Selectable } from "kysely";
import type { LabelTable, Schema } from "../workspace/schema.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { picturedCell } from "./cell-picture.ts";
import type { Explainer, ModelSource } from "./explainer.ts";
import { cosine, FeatureStore } from "./feature-store.ts";
import { type CellPicture, readPicture } from "./tile.ts";

/** A labelled cell and how much it looks like the one that was asked about. */
export interface SimilarCell {
  readonly label: Selectable<LabelTable>;
  readonly sample: string;
  /** Cosine of the features: 1 for the same picture. */
  readonly similarity: number;
}

/** Labelled cells whose features are computed for one question, at most so long, milliseconds; later questions do the rest. */
const PATIENCE = 1_000;
const PICTURES_AT_ONCE = 16;

/** Finds labelled cells of a study that look like a given one to the network. */
export class SimilarCells {
  readonly #workspace: Workspace;
  readonly #folder: string;
  readonly #explainer: Explainer;
  readonly #maxPixels: number;
  readonly #stores = new Map<string, Promise<FeatureStore>>();
  /** Cells whose pictures could not be read. */
  readonly #unreadable = new Set<number>();

  constructor(
    workspace: Workspace,
    {
      folder,
      explainer,
      maxPixels,
    }: { readonly folder: string; readonly explainer: Explainer; readonly maxPixels: number },
  ) {
    this.#workspace = workspace;
    this.#folder = folder;
    this.#explainer = explainer;
    this.#maxPixels = maxPixels;
  }

  /** The `count` most alike, and how many were compared. Throws what reading the cell's own picture throws. */
  async find(
    model: ModelSource,
    cell: CellPicture & { readonly studyId: number },
    count: number,
  ): Promise<{ readonly cells: readonly SimilarCell[]; readonly compared: number }> {
    const picture = await readPicture(cell, { maxPixels: this.#maxPixels });
    const own = (await this.#explainer.features(model, [picture]))?.[0];
    if (own === undefined) return { cells: [], compared: 0 };
    const store = await this.#store(model, own.length);
    if (store.get(cell.id) === undefined) await store.add([[cell.id, own]]);
    const labelled = await labelledCells(this.#workspace.db, cell.studyId, cell.id);
    await this.#computeMissing(
      model,
      store,
      labelled.map(({ label }) => label.cell_id),
    );
    const reference = store.get(cell.id) as Float32Array;
    const compared = labelled.flatMap(({ label, sample }) => {
      const features = store.get(label.cell_id);
      return features === undefined ? [] : [{ label, sample, similarity: cosine(reference, features) }];
    });
    compared.sort((one, other) => other.similarity - one.similarity);
    return { cells: compared.slice(0, count), compared: compared.length };
  }

  async #store({ id }: ModelSource, channels: number): Promise<FeatureStore> {
    const store = this.#stores.get(id) ?? FeatureStore.open(this.#folder, id, channels);
    this.#stores.set(id, store);
    return await store;
  }

  async #computeMissing(model: ModelSource, store: FeatureStore, cellIds: readonly number[]): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    const missing = cellIds.filter((id) => store.get(id) === undefined && !this.#unreadable.has(id));
    for (let from = 0; from < missing.length && performance.now() < deadline; from += PICTURES_AT_ONCE)
      await this.#compute(model, store, missing.slice(from, from + PICTURES_AT_ONCE));
  }

  async #compute(model: ModelSource, store: FeatureStore, cellIds: readonly number[]): Promise<void> {
    const read = await Promise.all(
      cellIds.map(async (id) => {
        const picture = await picturedCell(this.#workspace, id);
        const image = await readPicture(picture, { maxPixels: this.#maxPixels }).catch(() => null);
        if (image === null) this.#unreadable.add(id);
        return image === null ? [] : [{ id, image }];
      }),
    );
    const readable = read.flat();
    if (readable.length === 0) return;
    const images = readable.map(({ image }) => image);
    const features = await this.#explainer.features(model, images);
    await store.add(readable.flatMap(({ id }, index) => (features?.[index] ? [[id, features[index]] as const] : [])));
  }
}

/** Cells of a study whose label counts, but for one of them; the label given last first. */
async function labelledCells(db: Kysely<Schema>, studyId: number, exceptId: number) {
  const rows = await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .innerJoin("cell", "cell.id", "current_label.cell_id")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .selectAll("label")
    .select("sample.name as sample")
    .where("slide.study_id", "=", studyId)
    .where("cell.id", "!=", exceptId)
    .where("label.finding", "!=", "unscorable")
    .orderBy("label.id", "desc")
    .execute();
  return rows.map(({ sample, ...label }) => ({ sample, label }));
}
