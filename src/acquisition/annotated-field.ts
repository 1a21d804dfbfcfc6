import type { InstanceMask } from "../images/mask.ts";
import type { Samples } from "../images/samples.ts";

/** One field of view with what a person drew on it. All three pictures have the same size. */
export interface AnnotatedField {
  /** Unique within its data set. */
  readonly name: string;
  /** Grey values as the microscope stored them, one channel. */
  readonly grey: Samples;
  /** The number of a nucleus is the number of its cell. */
  readonly nuclei: InstanceMask;
  /** Each micronucleus has a number of its own. */
  readonly micronuclei: InstanceMask;
  /** Number of the cell to which a micronucleus belongs; absent where nobody said. */
  readonly parentOf: ReadonlyMap<number, number>;
}

/** A rectangle of pixels; `right` and `bottom` are the first pixels outside. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
