import type { DrawnCell } from "./cell-shape.ts";
import { visitNear } from "./layers.ts";
import { nucleusDistance } from "./nucleus.ts";
import { distanceFrom } from "./outline.ts";

/** Numbers of instances, 0 where there is none: height * width values, row by row. */
export interface InstanceMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint16Array;
}

/** 1, 2, ... for the cell's own micronuclei in their order: the pixels whose centres they cover. */
export function maskMicronuclei(cell: DrawnCell, side: number): InstanceMask {
  const data = new Uint16Array(side * side);
  for (const [index, { outline }] of cell.micronuclei.entries())
    visitNear(side, [outline], distanceFrom(outline), 0, (pixel) => {
      data[pixel] = index + 1;
    });
  return { width: side, height: side, data };
}

/** 1, 2, ... for the nuclei of the first cell, then of the others: the pixels whose centres they cover, buds included. */
export function maskNuclei(cells: readonly DrawnCell[], side: number): InstanceMask {
  const data = new Uint16Array(side * side);
  for (const [index, nucleus] of cells.flatMap(({ nuclei }) => nuclei).entries())
    visitNear(side, [nucleus.outline, ...nucleus.buds], nucleusDistance(nucleus), 0, (pixel) => {
      if (data[pixel] === 0) data[pixel] = index + 1;
    });
  return { width: side, height: side, data };
}
