import { useId } from "react";

interface SliderProps {
  readonly name: string;
  /** Keys that do the same. */
  readonly hint?: string;
  readonly value: number;
  readonly range: { readonly low: number; readonly high: number; readonly step: number };
  readonly show: (value: number) => string;
  readonly onChange: (value: number) => void;
}

export function Slider({ name, hint, value, range, show, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className="slider">
      <label htmlFor={id}>
        {name} {hint !== undefined && <span className="quiet">{hint}</span>}
      </label>
      <input
        id={id}
        type="range"
        min={range.low}
        max={range.high}
        step={range.step}
        value={value}
        aria-valuetext={show(value)}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <output htmlFor={id}>{show(value)}</output>
    </div>
  );
}
