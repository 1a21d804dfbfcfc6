import type { Cell, CellList } from "../../../src/server/api/cells.ts";
import { Listeners } from "./listeners.ts";

/** Reads a part of the queue. Rejects with whatever the connection says; an aborted signal ends it early. */
export type FetchPart = (offset: number, limit: number, signal: AbortSignal) => Promise<CellList>;

type Page =
  | { readonly state: "loading"; readonly abort: AbortController; readonly old: readonly Cell[] | null }
  | { readonly state: "ready"; readonly cells: readonly Cell[] };

const PAGE_CELLS = 100;
/** 12,000 cells, some 6 MB: more than any screen shows, little enough to keep for eight hours. */
const PAGES_KEPT = 120;
const SEARCH_CELLS = 500;

/**
 * The cells of one queue by their place, read in pages as they come into view. The order of a queue never changes, so a
 * place is all that is needed to find a cell again. Pages that left the view while they were loading are cancelled, and
 * the pages farthest from it are forgotten: memory stays flat over any number of cells.
 */
export class QueueCells {
  readonly #fetchPart: FetchPart;
  readonly #pages = new Map<number, Page>();
  readonly #placeOf = new Map<number, number>();
  readonly #places = new Listeners<number>();
  readonly #list = new Listeners<"list">();
  /** Cells that changed while pages were under way: a page that was asked for earlier must not bring the old ones back. */
  readonly #changed = new Map<number, { readonly cell: Cell; readonly at: number }>();
  #clock = 0;
  #first = 0;
  #last = 0;
  #total: number | null = null;
  #failure: unknown = null;

  constructor(fetchPart: FetchPart) {
    this.#fetchPart = fetchPart;
  }

  /** Cells in the queue; null until the first answer. */
  get total(): number | null {
    return this.#total;
  }

  /** Why the last page could not be read; null once one could be read again. */
  get failure(): unknown {
    return this.#failure;
  }

  cellAt(place: number): Cell | undefined {
    return this.#cellsOf(Math.floor(place / PAGE_CELLS))?.[place % PAGE_CELLS];
  }

  /** Place of a cell, where its page is loaded. */
  placeOf(cellId: number): number | undefined {
    return this.#placeOf.get(cellId);
  }

  /** Hears of changes of the cell at this place. */
  subscribe(place: number, listener: () => void): () => void {
    return this.#places.add(place, listener);
  }

  /** Hears of changes of `total` and `failure`. */
  subscribeList(listener: () => void): () => void {
    return this.#list.add("list", listener);
  }

  /** Says which places are in view (both included): their pages and the ones beside them are loaded, other loads end. */
  show(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
    const wanted = this.#wantedPages();
    for (const [number, page] of this.#pages)
      if (page.state === "loading" && !wanted.includes(number)) this.#cancel(number, page);
    for (const number of wanted) if (!this.#pages.has(number)) void this.#load(number, null);
  }

  /** Cells as the server has them after a change. */
  apply(cells: readonly Cell[]): void {
    const at = ++this.#clock;
    const loading = this.#isLoading();
    for (const cell of cells) {
      if (loading) this.#changed.set(cell.id, { cell, at });
      const place = this.#placeOf.get(cell.id);
      if (place !== undefined) this.#replace(place, cell);
    }
  }

  /** Reads again what could not be read. */
  retry(): void {
    this.show(this.#first, this.#last);
  }

  /** Reads what is in view again, as after a gap in the server's events; what is out of view is forgotten. */
  refresh(): void {
    const wanted = this.#wantedPages();
    for (const [number, page] of [...this.#pages]) {
      if (page.state === "loading") page.abort.abort();
      if (wanted.includes(number)) void this.#load(number, page.state === "ready" ? page.cells : page.old);
      else this.#forget(number);
    }
    for (const number of wanted) if (!this.#pages.has(number)) void this.#load(number, null);
  }

  /**
   * First place at or after `from` whose cell fits, among those that are loaded without a gap; where none does, the place
   * after them.
   */
  findLoaded(from: number, fits: (cell: Cell) => boolean): { readonly place: number; readonly found: boolean } {
    let place = from;
    for (let run = this.#loadedFrom(place); run !== undefined && run.length > 0; run = this.#loadedFrom(place)) {
      const hit = run.findIndex(fits);
      if (hit >= 0) return { place: place + hit, found: true };
      place += run.length;
    }
    return { place, found: false };
  }

  /**
   * First place at or after `from` whose cell fits, `around` the end then from the start on; null where none does. Reads
   * the whole queue if it has to.
   */
  async find(
    from: number,
    fits: (cell: Cell) => boolean,
    signal: AbortSignal,
    around: "around" | "ahead" = "around",
  ): Promise<number | null> {
    const total = this.#total ?? 0;
    const reach = around === "around" ? total : total - from;
    let [place, seen] = [from % Math.max(total, 1), 0];
    while (seen < reach) {
      const run = this.#loadedFrom(place) ?? (await this.#fetchPart(place, SEARCH_CELLS, signal)).cells;
      if (run.length === 0) return null;
      const hit = run.findIndex(fits);
      if (hit >= 0) return place + hit;
      seen += run.length;
      place = (place + run.length) % total;
    }
    return null;
  }

  /** Ends all loads. */
  close(): void {
    for (const [number, page] of this.#pages) if (page.state === "loading") this.#cancel(number, page);
  }

  /** Cells of a page; while it is read again, those that it had. */
  #cellsOf(number: number): readonly Cell[] | undefined {
    const page = this.#pages.get(number);
    return page?.state === "ready" ? page.cells : (page?.old ?? undefined);
  }

  #wantedPages(): number[] {
    const [first, last] = [Math.floor(this.#first / PAGE_CELLS), Math.floor(this.#last / PAGE_CELLS)];
    const lastPage = this.#total === null ? last : Math.ceil(this.#total / PAGE_CELLS) - 1;
    const pages = Array.from({ length: last - first + 1 }, (_, step) => first + step);
    return [...pages, last + 1, first - 1].filter((number) => number >= 0 && number <= lastPage);
  }

  #isLoading(): boolean {
    return this.#pages.values().some(({ state }) => state === "loading");
  }

  #loadedFrom(place: number): readonly Cell[] | undefined {
    return this.#cellsOf(Math.floor(place / PAGE_CELLS))?.slice(place % PAGE_CELLS);
  }

  async #load(number: number, old: readonly Cell[] | null): Promise<void> {
    const [abort, startedAt] = [new AbortController(), ++this.#clock];
    const mine: Page = { state: "loading", abort, old };
    this.#pages.set(number, mine);
    try {
      const list = await this.#fetchPart(number * PAGE_CELLS, PAGE_CELLS, abort.signal);
      if (this.#pages.get(number) !== mine) return;
      this.#receive(number, list, startedAt);
    } catch (failure) {
      if (this.#pages.get(number) !== mine) return;
      this.#cancel(number, mine);
      this.#setFailure(failure);
    }
  }

  #receive(number: number, list: CellList, startedAt: number): void {
    const cells = list.cells.map((cell) => {
      const changed = this.#changed.get(cell.id);
      return changed !== undefined && changed.at > startedAt ? changed.cell : cell;
    });
    this.#pages.set(number, { state: "ready", cells });
    if (!this.#isLoading()) this.#changed.clear();
    for (const [index, { id }] of cells.entries()) this.#placeOf.set(id, number * PAGE_CELLS + index);
    this.#setTotal(list.total);
    this.#setFailure(null);
    for (let index = 0; index < cells.length; index++) this.#places.tell(number * PAGE_CELLS + index);
    this.#forgetFarthest();
  }

  #replace(place: number, cell: Cell): void {
    const number = Math.floor(place / PAGE_CELLS);
    const page = this.#pages.get(number);
    const cells = page?.state === "ready" ? page.cells : page?.old;
    if (page === undefined || !cells) return;
    const replaced = cells.with(place % PAGE_CELLS, cell);
    this.#pages.set(number, page.state === "ready" ? { ...page, cells: replaced } : { ...page, old: replaced });
    this.#places.tell(place);
  }

  #cancel(number: number, page: Page & { state: "loading" }): void {
    page.abort.abort();
    if (page.old === null) this.#pages.delete(number);
    else this.#pages.set(number, { state: "ready", cells: page.old });
  }

  #forgetFarthest(): void {
    if (this.#pages.size <= PAGES_KEPT) return;
    const middle = (this.#first + this.#last) / 2 / PAGE_CELLS;
    const byDistance = [...this.#pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const number of byDistance.slice(0, this.#pages.size - PAGES_KEPT)) this.#forget(number);
  }

  #forget(number: number): void {
    const page = this.#pages.get(number);
    const cells = page?.state === "ready" ? page.cells : (page?.old ?? []);
    for (const { id } of cells) this.#placeOf.delete(id);
    this.#pages.delete(number);
  }

  #setTotal(total: number): void {
    if (total === this.#total) return;
    this.#total = total;
    this.#list.tell("list");
  }

  #setFailure(failure: unknown): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.#list.tell("list");
  }
}
