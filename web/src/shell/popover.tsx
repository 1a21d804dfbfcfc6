import { type ReactNode, useId } from "react";

interface PopoverProps {
  /** What the button opens, for screen readers. */
  label: string;
  sign: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** A button of the top bar with a panel below it; Escape or a click elsewhere closes the panel (the browser's popover). */
export function Popover({ label, sign, wide = false, children }: PopoverProps) {
  const id = useId();
  return (
    <>
      <button type="button" className="button button-quiet top-bar-button" popoverTarget={id} aria-label={label}>
        {sign}
      </button>
      <div
        id={id}
        popover="auto"
        className={wide ? "popover popover-wide" : "popover"}
        role="dialog"
        aria-label={label}
      >
        {children}
      </div>
    </>
  );
}
