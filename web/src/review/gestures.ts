import type { Desk } from "./desk.ts";
import { moved, WHOLE, zoomedAt } from "./zoom.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A finger that goes so far sideways, CSS pixels, and mostly sideways, turns to the next cell. */
const SWIPE = 60;
/** The wheel's way, CSS pixels, that doubles the size. */
const WHEEL_DOUBLES = 350;

/** Wheel and pinch enlarge at the pointer, dragging moves, a swipe over the whole image turns the page, two clicks undo all zoom. */
export function followGestures(stage: HTMLElement, desk: Desk): () => void {
  const pointers = new Map<number, Point>();
  const stop = new AbortController();
  const { signal } = stop;
  let began: Point = { x: 0, y: 0 };

  stage.addEventListener("wheel", onWheel, { passive: false, signal });
  stage.addEventListener("pointerdown", onDown, { signal });
  stage.addEventListener("pointermove", onMove, { signal });
  stage.addEventListener("pointerup", onUp, { signal });
  stage.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId), { signal });
  stage.addEventListener(
    "dblclick",
    () => (desk.state.zoom.scale > 1 ? desk.setZoom(WHOLE) : desk.perform({ do: "back" })),
    {
      signal,
    },
  );
  return () => stop.abort();

  /** A point of the window as the zoom counts: from the stage's middle, in its sizes. */
  function onStage({ x, y }: Point): Point {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return { x: (x - left) / width - 0.5, y: (y - top) / height - 0.5 };
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    desk.setZoom(zoomedAt(desk.state.zoom, 2 ** (-pixels / WHEEL_DOUBLES), onStage(event)));
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    if (pointers.size === 0) began = { x: event.x, y: event.y };
    pointers.set(event.pointerId, { x: event.x, y: event.y });
  }

  function onMove(event: PointerEvent): void {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = { x: event.x, y: event.y };
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other !== undefined) {
      const middle = onStage({ x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      desk.setZoom(zoomedAt(desk.state.zoom, distance(now, other) / Math.max(distance(before, other), 1), middle));
    } else if (desk.state.zoom.scale > 1) {
      const { width, height } = stage.getBoundingClientRect();
      desk.setZoom(moved(desk.state.zoom, { x: (now.x - before.x) / width, y: (now.y - before.y) / height }));
    }
  }

  function onUp(event: PointerEvent): void {
    const alone = pointers.size === 1 && pointers.delete(event.pointerId);
    pointers.delete(event.pointerId);
    const [x, y] = [event.x - began.x, event.y - began.y];
    const swipe = alone && desk.state.zoom.scale === 1 && Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y);
    if (swipe) desk.perform({ do: "move", to: x < 0 ? "next" : "previous" });
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
