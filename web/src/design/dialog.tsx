import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { IconButton } from "./button.tsx";
import { CloseIcon } from "./icons.tsx";

interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

const FIRST_CONTROL = ".dialog-body :is(input:not([hidden]), select, textarea, button):not(:disabled)";

/** A modal dialog for as long as it is rendered; the browser keeps the focus in it and gives it back afterwards. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // The browser would choose the cross where the dialog names nothing better.
    const first =
      element?.querySelector<HTMLElement>("[autofocus]") ?? element?.querySelector<HTMLElement>(FIRST_CONTROL);
    first?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // Also a file chooser inside says "cancel", and it bubbles.
        if (event.target !== dialog.current) return;
        event.preventDefault();
        onClose();
      }}
      onClose={() => {
        // Browsers close at a second Escape whatever is said. Opened again meanwhile: an older closing.
        if (dialog.current?.open === false) onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <IconButton name="Close" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </div>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}

/** The row of buttons that ends a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="dialog-actions">{children}</div>;
}
