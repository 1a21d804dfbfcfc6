/** Where the focus goes after a decision: to the next cell that its reader has not read, to the very next one, or nowhere. */
export type Advance = "unread" | "next" | "stay";

/** How one reader likes the review screen; kept in the browser. */
export interface ReviewSettings {
  /** Wanted width of a tile of the gallery, CSS pixels at the usual letter size. */
  readonly tileSize: number;
  readonly view: "gallery" | "cell";
  readonly advance: Advance;
  /** Name of the map that lies over the cell, as the server names it; null for none. */
  readonly overlay: string | null;
  /** 0 to 1. */
  readonly overlayOpacity: number;
  /** Factors of CSS's `brightness` and `contrast`; 1 leaves the image as it is. */
  readonly brightness: number;
  readonly contrast: number;
  /** Percentiles that become black and white in images of more than 8 bits; null for the server's own. */
  readonly window: { readonly low: number; readonly high: number } | null;
  readonly panel: boolean;
}

export const TILE_SIZES: readonly number[] = [96, 128, 160, 192, 224, 256, 320, 400];

export const DEFAULT_SETTINGS: ReviewSettings = {
  tileSize: 192,
  view: "gallery",
  advance: "unread",
  overlay: null,
  overlayOpacity: 0.5,
  brightness: 1,
  contrast: 1,
  window: null,
  panel: true,
};

export const RANGES = {
  overlayOpacity: { low: 0.1, high: 1, step: 0.1 },
  brightness: { low: 0.3, high: 3, step: 0.05 },
  contrast: { low: 0.3, high: 4, step: 0.05 },
} as const;

/** Settings as they were kept; whatever is missing or makes no sense is the default. */
export function readSettings(text: string | null): ReviewSettings {
  const kept = parsed(text);
  const number = (name: keyof typeof RANGES): number => {
    const { low, high } = RANGES[name];
    return within(kept[name], low, high) ?? DEFAULT_SETTINGS[name];
  };
  return {
    tileSize: TILE_SIZES.find((size) => size === kept.tileSize) ?? DEFAULT_SETTINGS.tileSize,
    view: kept.view === "cell" ? "cell" : "gallery",
    advance: readAdvance(kept.advance),
    overlay: typeof kept.overlay === "string" ? kept.overlay : null,
    overlayOpacity: number("overlayOpacity"),
    brightness: number("brightness"),
    contrast: number("contrast"),
    window: readWindow(kept.window),
    panel: typeof kept.panel === "boolean" ? kept.panel : DEFAULT_SETTINGS.panel,
  };
}

/** One tile size larger (+1) or smaller (-1). */
export function otherTileSize(size: number, direction: 1 | -1): number {
  const at = TILE_SIZES.indexOf(size) + direction;
  return TILE_SIZES[Math.min(Math.max(at, 0), TILE_SIZES.length - 1)] ?? size;
}

/** A step stronger or fainter, within the range and free of the dust of binary fractions. */
export function otherOpacity(opacity: number, direction: 1 | -1): number {
  const { low, high, step } = RANGES.overlayOpacity;
  return Math.min(Math.max(Math.round((opacity + direction * step) * 10) / 10, low), high);
}

/** The map after `current` among those there are; null (off) after the last one. */
export function nextOverlay(current: string | null, names: readonly string[]): string | null {
  return names[current === null ? 0 : names.indexOf(current) + 1] ?? null;
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `false` is what earlier versions kept for "stay". */
function readAdvance(value: unknown): Advance {
  if (value === false) return "stay";
  return value === "next" || value === "stay" ? value : DEFAULT_SETTINGS.advance;
}

function readWindow(value: unknown): ReviewSettings["window"] {
  const { low, high } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const [from, to] = [within(low, 0, 100), within(high, 0, 100)];
  return from !== undefined && to !== undefined && from < to ? { low: from, high: to } : null;
}

function within(value: unknown, low: number, high: number): number | undefined {
  return typeof value === "number" && value >= low && value <= high ? value : undefined;
}
