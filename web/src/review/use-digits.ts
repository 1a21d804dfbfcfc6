import { useEffect, useRef } from "react";

/**
 * Hears the keys 1 to 9 while a dialog is open, wherever its focus is. A list of choices and a field in which something
 * stands already keep them for themselves.
 */
export function useDigits(act: (digit: number) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (!/^[1-9]$/.test(key) || ctrlKey || metaKey || altKey || target instanceof HTMLSelectElement) return;
      if (target instanceof HTMLInputElement && target.value !== "") return;
      event.preventDefault();
      latest.current(Number(key));
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

/** For `ref`: the element that has the focus when its dialog opens. React's own `autoFocus` comes before the dialog is open. */
export function firstFocus(element: HTMLElement | null): void {
  element?.setAttribute("autofocus", "");
}
