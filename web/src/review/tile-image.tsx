import { useLayoutEffect, useRef } from "react";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import { LoadQueue } from "./load-queue.ts";

/** A browser opens six connections to a server; one carries its events, one is left for decisions. */
const tiles = new LoadQueue(4);

/**
 * The picture of a tile. It loads in its turn and stops loading when it leaves the page; all of that without React, which
 * would render hundreds of tiles again. `data-image` says how far it is: loading, shown, failed.
 */
export function TileImage({ address }: { readonly address: string }) {
  const image = useRef<HTMLImageElement>(null);
  // A layout effect ends while the element is still on the page: Chromium never lets go of one whose address is taken off later.
  useLayoutEffect(() => {
    const element = image.current;
    if (element === null) return;
    return keepLoading(element, address);
  }, [address]);
  return <img ref={image} className="tile-image" alt="" draggable={false} decoding="async" />;
}

function keepLoading(element: HTMLImageElement, address: string): () => void {
  let cancel = begin();
  const stop = onConnectionChange(() => {
    if (connectionState() !== "live" || element.dataset.image !== "failed") return;
    cancel();
    cancel = begin();
  });
  function begin(): () => void {
    element.dataset.image = "loading";
    return tiles.add((signal) => load(element, address, signal));
  }
  return () => {
    stop();
    cancel();
  };
}

function load(element: HTMLImageElement, address: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (state: string): void => {
      element.onload = null;
      element.onerror = null;
      element.dataset.image = state;
      resolve();
    };
    if (signal.aborted) return done("loading");
    signal.addEventListener("abort", () => {
      if (element.dataset.image !== "loading") return;
      element.removeAttribute("src");
      done("loading");
    });
    element.onload = () => done("shown");
    element.onerror = () => done("failed");
    element.src = address;
  });
}

/** Where the picture of a cell stands on this page: in view, in view but not loadable, or not (yet) in view. */
export function imageStateOf(cellId: number): "shown" | "failed" | "absent" {
  const frame = document.querySelector(`[data-cell="${cellId}"]`);
  const image = frame?.querySelector<HTMLElement>("[data-image]");
  if (!frame || !image || !isInView(frame)) return "absent";
  return image.dataset.image === "shown" ? "shown" : image.dataset.image === "failed" ? "failed" : "absent";
}

/** At least half of its height lies within the part of the page that scrolls it. */
function isInView(frame: Element): boolean {
  const view = frame.closest("[data-view]")?.getBoundingClientRect();
  if (view === undefined) return false;
  const { top, bottom, height } = frame.getBoundingClientRect();
  return Math.min(bottom, view.bottom) - Math.max(top, view.top) >= height / 2;
}
