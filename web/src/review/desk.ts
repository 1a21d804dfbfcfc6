import type { Cell, Finding, QueueName } from "../../../src/server/api/cells.ts";
import { countOf, countText } from "../design/numbers.ts";
import type { Action } from "./keys.ts";
import { Listeners } from "./listeners.ts";
import { type GridStep, placeAfter } from "./moves.ts";
import type { Decision, Outbox } from "./outbox.ts";
import { withDecision } from "./pace.ts";
import type { QueueCells } from "./queue-cells.ts";
import { nextOverlay, otherOpacity, otherTileSize, type ReviewSettings } from "./settings.ts";
import { findingInWords } from "./wording.ts";
import { WHOLE, ZOOM_STEP, type Zoom, zoomedAt } from "./zoom.ts";

export type DeskDialog = "reason" | "keys" | "jump" | "queues" | "settings";

export interface DeskState {
  /** Place of the focused cell in the queue; the number of cells stands for the page after the last one. */
  readonly place: number;
  readonly dialog: DeskDialog | null;
  readonly settings: ReviewSettings;
  readonly zoom: Zoom;
  /** The occlusion map of the focused cell is wanted. */
  readonly occlusion: boolean;
  /** What was done or why nothing was, for the eye and for screen readers; `serial` tells two equal sentences apart. */
  readonly said: { readonly text: string; readonly serial: number; readonly refused: boolean };
  /** Grows whenever the focused cell has to be brought into view. */
  readonly revealed: number;
  /** The focus came here by a decision: the reader goes on reading from here. */
  readonly readsOn: boolean;
  /** A search for the next unreviewed cell is under way. */
  readonly searching: boolean;
  /** When the last decisions were taken, milliseconds. */
  readonly decidedAt: readonly number[];
}

export interface DeskParts {
  readonly studyId: number;
  readonly queue: QueueName;
  readonly reader: string;
  readonly place: number;
  readonly cells: QueueCells;
  readonly outbox: Pick<Outbox, "add" | "pendingOf">;
  readonly settings: ReviewSettings;
  readonly keepSettings: (settings: ReviewSettings) => void;
  /** Whether the cell's image is in view by now, or says there that it could not be loaded. */
  readonly imageState: (cellId: number) => "shown" | "failed" | "absent";
  readonly now: () => number;
}

/** Without a grid, "row" and "screen" are one cell and ten. */
const ONE_CELL: GridStep = { columns: 1, rows: 10 };

/** What a reader does at the review screen: one cell in focus, decisions, moves, looks. The screen draws what it says. */
export class Desk {
  readonly cells: QueueCells;
  readonly queue: QueueName;
  readonly reader: string;
  readonly #parts: DeskParts;
  readonly #changes = new Listeners<"state">();
  /** Decisions of this window that can be taken back, oldest first. */
  readonly #history: { readonly decision: Decision; readonly place: number }[] = [];
  #state: DeskState;
  #searched = new AbortController();
  /** The next cell is being looked for: no key is meant for the one that still has the focus. */
  #leaving = false;
  #layout: GridStep = { columns: 1, rows: 1 };
  #maps: readonly string[] = [];
  /** The cell that the focus was put on; null where it was not loaded then. */
  #focused: number | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.cells = parts.cells;
    this.queue = parts.queue;
    this.reader = parts.reader;
    this.#state = {
      place: parts.place,
      dialog: null,
      settings: parts.settings,
      zoom: WHOLE,
      occlusion: false,
      said: { text: "", serial: 0, refused: false },
      revealed: 0,
      readsOn: false,
      searching: false,
      decidedAt: [],
    };
  }

  get state(): DeskState {
    return this.#state;
  }

  get total(): number {
    return this.cells.total ?? 0;
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.add("state", listener);
  }

  /** Columns and whole rows that the gallery shows, for the keys that move by a row or a screen. */
  setLayout(columns: number, rows: number): void {
    this.#layout = { columns, rows };
  }

  /** Names of the maps that the focused cell has, in the order in which the key goes through them. */
  setMaps(names: readonly string[]): void {
    this.#maps = names;
  }

  perform(action: Action): void {
    switch (action.do) {
      case "count":
        if (action.micronuclei === 0) this.decide("normal", 0);
        else this.decide("mn", action.micronuclei);
        break;
      case "normal":
        this.decide("normal", 0);
        break;
      case "mononucleate":
      case "multinucleate":
        this.decide(action.do, null);
        break;
      case "unscorable":
        this.#askReason();
        break;
      case "binucleate":
        this.#takeBackNuclei();
        break;
      case "undo":
        this.#undo();
        break;
      case "move":
        this.goTo(placeAfter(action.to, this.#state.place, this.total, this.#step()));
        break;
      case "next-unreviewed":
        this.#findUnreviewed();
        break;
      case "toggle-view":
        this.change({ view: this.#state.settings.view === "cell" ? "gallery" : "cell" });
        break;
      case "back":
        this.change({ view: "gallery" });
        break;
      case "jump":
      case "queues":
      case "keys":
        this.open(action.do);
        break;
      default:
        this.#look(action.do);
        break;
    }
  }

  /** Says what the focused cell is, and goes on. */
  decide(finding: Finding, micronuclei: number | null, reason: string | null = null): void {
    const { place, decidedAt } = this.#state;
    const cell = this.#decidable(finding === "unscorable");
    if (cell === null) return;
    const corrects = this.isReviewed(cell);
    const { studyId, queue, reader, outbox, now } = this.#parts;
    const said = { kind: "label", reader, studyId, cellId: cell.id, finding, micronuclei, reason, queue } as const;
    this.#history.push({ decision: outbox.add(said), place });
    this.#set({ decidedAt: withDecision(decidedAt, now()) });
    this.say(`Cell ${countText(place + 1)}: ${findingInWords(said)}`);
    this.#advance(place, corrects);
  }

  /** Where a reader goes on whose place is a cell that was read meanwhile, perhaps in another queue: at the next unread one. */
  begin(): void {
    const { place, settings } = this.#state;
    if (settings.advance !== "unread" || place >= this.total) return;
    void this.#search(place, "ahead", (found) => found !== null && this.goTo(found, true));
  }

  /** Puts the focus on a place; the one after the last cell is the queue's end. */
  goTo(place: number, readsOn = false): void {
    const within = Math.min(Math.max(place, 0), this.total);
    this.#endSearch();
    this.#focused = this.cells.cellAt(within)?.id ?? null;
    this.#set({ revealed: this.#state.revealed + 1, readsOn });
    if (within !== this.#state.place) this.#set({ place: within, zoom: WHOLE, occlusion: false });
  }

  open(dialog: DeskDialog): void {
    this.#set({ dialog });
  }

  closeDialog(): void {
    this.#set({ dialog: null });
  }

  /** Changes settings, and keeps them for the next time. */
  change(changes: Partial<ReviewSettings>): void {
    const settings = { ...this.#state.settings, ...changes };
    this.#parts.keepSettings(settings);
    this.#set({ settings });
  }

  setZoom(zoom: Zoom): void {
    this.#set({ zoom });
  }

  /** `refused`: a decision was not taken, which who types fast must not overlook. */
  say(text: string, refused = false): void {
    this.#set({ said: { text, serial: this.#state.said.serial + 1, refused } });
  }

  /** Whether this reader has said something of a cell (of a disagreement: whether somebody has decided it). */
  isReviewed(cell: Cell): boolean {
    const pending = this.#parts.outbox.pendingOf(cell.id);
    if (pending !== undefined) return pending.kind === "label";
    return this.queue === "disagreements" ? cell.label?.queue === "disagreements" : cell.ownLabel !== null;
  }

  /** The focused cell, where something can be said of it: nobody judges what was not on the screen. */
  #decidable(unscorable: boolean): Cell | null {
    const { place } = this.#state;
    const cell = this.cells.cellAt(place);
    const obstacle = place >= this.total ? "This is the end of the queue." : this.#obstacle(cell, unscorable);
    if (obstacle === null) return cell ?? null;
    this.#focused = cell?.id ?? null;
    this.say(`${obstacle} Nothing was written.`, true);
    this.#set({ revealed: this.#state.revealed + 1 });
    return null;
  }

  #obstacle(cell: Cell | undefined, unscorable: boolean): string | null {
    if (this.#leaving) return "The next cell is still being looked for.";
    if (cell === undefined) return "This cell is still loading.";
    // New cells came into the queue while this one was looked at.
    if (this.#focused !== null && cell.id !== this.#focused) return "The queue has changed: this is another cell now.";
    const image = cell.error === null ? this.#parts.imageState(cell.id) : "failed";
    if (image === "absent") return "The image is not on the screen yet.";
    return image === "shown" || unscorable ? null : "Without its image a cell can only be called unscorable (U).";
  }

  #askReason(): void {
    if (this.#decidable(true) !== null) this.open("reason");
  }

  /** Takes back that the cell is mono- or multinucleate. A cell is binucleated unless somebody says otherwise. */
  #takeBackNuclei(): void {
    const { place } = this.#state;
    const cell = this.cells.cellAt(place);
    if (cell === undefined) return;
    const pending = this.#parts.outbox.pendingOf(cell.id);
    const own =
      pending?.kind === "label" ? pending.finding : pending === undefined ? cell.ownLabel?.finding : undefined;
    if (own === "mononucleate" || own === "multinucleate") this.#takeBack(cell.id, place, own);
    else this.say("Counts as binucleated. Press 0 to 9 for its micronuclei.");
  }

  #undo(): void {
    const last = this.#history.at(-1);
    if (last === undefined) {
      this.#takeBackHere();
      return;
    }
    this.#takeBack(last.decision.cellId, last.place, wordsOf(last.decision));
    this.goTo(last.place, true);
  }

  /** The own label of the focused cell, from an earlier visit. */
  #takeBackHere(): void {
    const { place } = this.#state;
    const cell = this.cells.cellAt(place);
    const pending = cell && this.#parts.outbox.pendingOf(cell.id);
    if (cell?.ownLabel && pending === undefined) this.#takeBack(cell.id, place, findingInWords(cell.ownLabel));
    else this.say("There is nothing of yours to take back here.");
  }

  #takeBack(cellId: number, place: number, what: string): void {
    const { studyId, reader, outbox } = this.#parts;
    const at = this.#history.findLastIndex(({ decision }) => decision.cellId === cellId);
    const [mine] = at < 0 ? [] : this.#history.splice(at, 1);
    outbox.add({ kind: "undo", reader, studyId, cellId, takesBack: mine?.decision.key ?? null });
    this.say(`Taken back: cell ${countText(place + 1)}, ${what}`);
  }

  #step(): GridStep {
    return this.#state.settings.view === "gallery" ? this.#layout : ONE_CELL;
  }

  /**
   * After a decision. Who corrects a cell that was read before is among read cells on purpose, and goes on to the very next
   * one. Cells that were passed over are left for the queue's end, which names them.
   */
  #advance(from: number, corrects: boolean): void {
    const { advance } = this.#state.settings;
    if (advance === "stay") return;
    const strict = { place: from + 1, found: true };
    const ahead = (): typeof strict => this.cells.findLoaded(from + 1, (cell) => !this.isReviewed(cell));
    const { place, found } = advance === "next" || corrects ? strict : ahead();
    if (found || place >= this.total) this.goTo(place, true);
    else this.#advanceFar(from, place);
  }

  /** To the next unread cell from `place` on, where the cells are not loaded yet. */
  #advanceFar(from: number, place: number): void {
    this.#leaving = true;
    void this.#search(place, "ahead", (next) => this.goTo(next ?? this.total, true)).then((through) => {
      // Nobody answers: the cells that are held can be read all the same.
      if (through === false) this.goTo(from + 1, true);
    });
  }

  #findUnreviewed(): void {
    const nothing = `All ${countOf(this.total, "cell")} of this queue are reviewed.`;
    void this.#search(this.#state.place + 1, "around", (found) =>
      found === null ? this.say(nothing) : this.goTo(found, true),
    );
  }

  /**
   * Looks for a cell that was not read. Resolves to false where the server did not answer, to null where the reader went
   * elsewhere meanwhile.
   */
  async #search(
    from: number,
    around: "around" | "ahead",
    then: (found: number | null) => void,
  ): Promise<boolean | null> {
    this.#searched.abort();
    const search = new AbortController();
    this.#searched = search;
    this.#set({ searching: true });
    try {
      const found = await this.cells.find(from, (cell) => !this.isReviewed(cell), search.signal, around);
      if (search.signal.aborted) return null;
      this.#endSearch();
      then(found);
      return true;
    } catch {
      if (search.signal.aborted) return null;
      this.#endSearch();
      this.say("The search did not get through: the server does not answer.");
      return false;
    }
  }

  #endSearch(): void {
    this.#searched.abort();
    this.#leaving = false;
    this.#set({ searching: false });
  }

  #look(what: "cycle-overlay" | "occlusion" | "zoom-in" | "zoom-out" | "zoom-reset" | "fainter" | "stronger"): void {
    const { settings, zoom } = this.#state;
    const direction = what === "zoom-in" || what === "stronger" ? 1 : -1;
    switch (what) {
      case "cycle-overlay":
        this.#cycleOverlay();
        break;
      case "occlusion":
        if (settings.view === "gallery") this.change({ view: "cell" });
        this.#set({ occlusion: settings.view === "gallery" || !this.#state.occlusion });
        break;
      case "fainter":
      case "stronger":
        this.change({ overlayOpacity: otherOpacity(settings.overlayOpacity, direction) });
        break;
      case "zoom-reset":
        this.setZoom(WHOLE);
        break;
      default:
        if (settings.view === "gallery") this.change({ tileSize: otherTileSize(settings.tileSize, direction) });
        else this.setZoom(zoomedAt(zoom, ZOOM_STEP ** direction, { x: 0, y: 0 }));
    }
  }

  #cycleOverlay(): void {
    const { settings, occlusion } = this.#state;
    if (settings.view === "gallery") this.change({ view: "cell" });
    if (occlusion) this.#set({ occlusion: false });
    if (this.#maps.length === 0) this.say("There is no map of what the model looked at for this cell.");
    else this.change({ overlay: nextOverlay(settings.overlay, this.#maps) });
  }

  #set(changes: Partial<DeskState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#changes.tell("state");
  }
}

function wordsOf(decision: Decision): string {
  return decision.kind === "label" ? findingInWords(decision) : "";
}
