import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";

export type ButtonLook = "plain" | "primary" | "quiet" | "danger";

interface Look {
  look?: ButtonLook;
  small?: boolean;
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & Look;

export function Button({ look = "plain", small = false, className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonClass(look, small)} ${className}`.trim()} {...rest} />;
}

/** Goes to another screen, looks like a button. */
export function ButtonLink({ look = "plain", small = false, className = "", ...rest }: LinkProps & Look) {
  return <Link className={`${buttonClass(look, small)} ${className}`.trim()} {...rest} />;
}

/** A button that shows a sign instead of words; `name` is what a screen reader says and the tooltip shows. */
export function IconButton({ name, children, ...rest }: ButtonProps & { name: string; children: ReactNode }) {
  return (
    <Button look="quiet" aria-label={name} title={name} className="button-icon" {...rest}>
      {children}
    </Button>
  );
}

function buttonClass(look: ButtonLook, small: boolean): string {
  return `button button-${look}${small ? " button-small" : ""}`;
}
