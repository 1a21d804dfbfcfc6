import { memo, type ReactNode } from "react";
import { Kbd } from "../design/kbd.tsx";
import type { Desk } from "./desk.ts";
import type { Action } from "./keys.ts";

const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** All decisions as buttons with their keys, for mouse and touch, and for learning the keys. */
export const DecisionBar = memo(function DecisionBar({ desk }: { readonly desk: Desk }) {
  return (
    <div className="decision-bar" role="toolbar" aria-label="Decision on the focused cell">
      <Decide desk={desk} action={{ do: "normal" }} className="decide-normal">
        Normal <Kbd>0</Kbd>
      </Decide>
      <fieldset className="counts">
        <legend className="hidden-label">Number of micronuclei</legend>
        <span className="counts-name" aria-hidden="true">
          MN
        </span>
        {COUNTS.map((micronuclei) => (
          <Decide
            key={micronuclei}
            desk={desk}
            action={{ do: "count", micronuclei }}
            className="decide-count"
            name={`${micronuclei} ${micronuclei === 1 ? "micronucleus" : "micronuclei"}`}
          >
            {micronuclei}
          </Decide>
        ))}
      </fieldset>
      <Decide desk={desk} action={{ do: "mononucleate" }}>
        <span>
          Mono<span className="wide-only">nucleate</span>
        </span>{" "}
        <Kbd>M</Kbd>
      </Decide>
      <Decide desk={desk} action={{ do: "multinucleate" }}>
        <span>
          Multi<span className="wide-only">nucleate</span>
        </span>{" "}
        <Kbd>⇧M</Kbd>
      </Decide>
      <Decide desk={desk} action={{ do: "binucleate" }}>
        <span>
          Bi<span className="wide-only">nucleate</span>
        </span>{" "}
        <Kbd>B</Kbd>
      </Decide>
      <Decide desk={desk} action={{ do: "unscorable" }}>
        Unscorable <Kbd>U</Kbd>
      </Decide>
      <Decide desk={desk} action={{ do: "undo" }} className="decide-undo">
        Undo <Kbd>Z</Kbd>
      </Decide>
    </div>
  );
});

interface DecideProps {
  readonly desk: Desk;
  readonly action: Action;
  readonly className?: string;
  readonly name?: string;
  readonly children: ReactNode;
}

function Decide({ desk, action, className = "", name, children }: DecideProps) {
  return (
    <button
      type="button"
      className={`decide ${className}`}
      {...(name === undefined ? {} : { "aria-label": name, title: name })}
      onClick={() => desk.perform(action)}
    >
      {children}
    </button>
  );
}
