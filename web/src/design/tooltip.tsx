import { type ReactNode, useId } from "react";

interface TooltipProps {
  text: ReactNode;
  /** Which edge of the text lies on the edge of what it explains. */
  align?: "start" | "end";
  /** Gets the attribute that ties the explained element to the text. */
  children: (described: { "aria-describedby": string }) => ReactNode;
}

/** An explanation that shows while something is pointed at or has the focus. */
export function Tooltip({ text, align = "end", children }: TooltipProps) {
  const id = useId();
  return (
    <span className={align === "start" ? "tooltip tooltip-start" : "tooltip"}>
      {children({ "aria-describedby": id })}
      <span role="tooltip" id={id} className="tooltip-text">
        {text}
      </span>
    </span>
  );
}
