import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options: { readonly type: "minor" | "major"; readonly flavor?: "last-resort" }) => void;

let collect: Collect | undefined;

/**
 * Gives unused memory of this thread back. V8 waits until its own heap asks for it and counts pixels and weights outside of
 * it for little; beside the buffers of a training that is too late. `minor`: what became unused a moment ago, in a
 * millisecond; `major`: everything, in tens of them.
 */
export function collectGarbage(type: "minor" | "major"): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  collect(type === "minor" ? { type } : { type, flavor: "last-resort" });
}
