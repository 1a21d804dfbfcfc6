import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** Lengths of charts are counted in fifteenths of the root font size: a pixel where the text has 15 pixels. */
const UNITS_PER_REM = 15;

/** The width of the element that gets the answered ref, in a chart's units; 0 before it is laid out. */
export function useWidth<E extends Element>(): [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measured = element.current;
    if (measured === null) return;
    const measure = () => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setWidth(Math.round((measured.clientWidth / rem) * UNITS_PER_REM));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    measure();
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** A length in a chart's units as a CSS length. */
export function chartLength(units: number): string {
  return `${units / UNITS_PER_REM}rem`;
}
