import { basename, dirname, extname, join } from "node:path";
import type { Split } from "../dataset/cell.ts";
import type { AnnotatedField } from "./annotated-field.ts";
import type { LabelRule } from "./cut-field.ts";
import { derivedLabel, expertLabel } from "./label-rules.ts";
import { readBbbc039Field, readMnfinderField } from "./read-fields.ts";

export const PUBLIC_SOURCES = ["mnfinder", "bbbc039"] as const;
export type PublicSourceName = (typeof PUBLIC_SOURCES)[number];

export interface Archive {
  /** Its name on disk. */
  readonly file: string;
  readonly url: string;
}

/** One field of an archive, with what the manifest says about its cells. */
export interface PublicField {
  readonly name: string;
  /** What cells share that a hard split keeps apart: day, cell line, objective. */
  readonly group: string;
  /** As the publisher split it; absent where nobody did. */
  readonly split?: Split;
  /** Path inside the archive. */
  readonly sourceFile: string;
  read(): Promise<AnnotatedField>;
}

export interface PublicSource {
  readonly name: PublicSourceName;
  readonly archives: readonly Archive[];
  readonly license: string;
  /** What goes beside the data: `LICENSE.txt` and `ATTRIBUTION.md`. */
  readonly licenseText: string;
  readonly attribution: string;
  readonly labelProvenance: string;
  readonly labelOf: LabelRule;
  /** Where a file of an archive is kept below the folder of fields, or null for a file that is not needed. */
  keepAs(entry: string): string | null;
  /** The fields whose files are all there; `files`: kept paths, relative to `folder`. */
  fieldsIn(folder: string, files: readonly string[]): PublicField[];
}

const MIT_MNFINDER = `MIT License

Copyright (c) 2023 Lucian DiPeso

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

const CC0 = `CC0 1.0 Universal: no rights reserved.

The publisher has waived all copyright and related rights to this work worldwide, as far as the law allows.
The full text: https://creativecommons.org/publicdomain/zero/1.0/legalcode
`;

const CUT_NOTE = "The cells are cut from whole fields, rescaled and contrast-stretched.";

const MNFINDER_SPLITS: Readonly<Record<string, Split>> = {
  "training-data": "train",
  "validation-data": "val",
  "test-data": "test",
};

/** Cell line and objective of the fields of 2023-05-31_misc, from the description of the data set. */
const MISC_GROUPS: Readonly<Record<string, string>> = {
  1: "HeLa/40x/SPE",
  2: "HeLa/40x/SPE",
  3: "HeLa/40x/SPE",
  4: "HeLa/40x/SPE",
  5: "HeLa/20x/SPE",
  6: "HeLa/20x/SPE",
  7: "HeLa/20x/SPE",
  8: "HeLa/20x/SPE",
  9: "MCC13/20x/SPE",
  10: "MCC13/20x/SPE",
  11: "MCC13/20x/SPE",
};

const mnfinder: PublicSource = {
  name: "mnfinder",
  archives: [{ file: "mnfinder-b3f44816.zip", url: "https://github.com/hatch-lab/mnfinder/archive/b3f44816.zip" }],
  license: "MIT",
  licenseText: MIT_MNFINDER,
  attribution:
    "Images and masks: https://github.com/hatch-lab/mnfinder (commit b3f44816), MIT, Copyright 2023 Lucian DiPeso; Hatch lab, " +
    `Fred Hutch. ${CUT_NOTE}\n`,
  labelProvenance: "instance masks of nuclei and micronuclei, drawn by experts",
  labelOf: expertLabel,
  keepAs: (entry) =>
    /\/(src\/mnfinder\/(?:training|validation|test)-data\/[^/]+\/(?:images\/[^/]+\.tif|(?:nucleus|mn)_masks\/[^/]+\.png))$/.exec(
      entry,
    )?.[1] ?? null,
  fieldsIn: (folder, files) =>
    files
      .filter((file) => file.endsWith(".tif"))
      .flatMap((file): PublicField[] => {
        const day = dirname(dirname(file));
        const stem = basename(file, ".tif");
        const [nuclei, micronuclei] = [`${day}/nucleus_masks/${stem}.png`, `${day}/mn_masks/${stem}.png`];
        if (!files.includes(nuclei) || !files.includes(micronuclei)) return [];
        const split = MNFINDER_SPLITS[basename(dirname(day))];
        if (split === undefined) return [];
        const name = `${split}_${basename(day)}_${stem.replaceAll(/[^\w-]+/g, "_")}`;
        const misc = basename(day) === "2023-05-31_misc" ? MISC_GROUPS[stem] : undefined;
        const [image, nucleiPath, micronucleiPath] = [file, nuclei, micronuclei].map((path) => join(folder, path));
        return [
          {
            name,
            group: misc === undefined ? basename(day) : `${basename(day)}/${misc}`,
            split,
            sourceFile: file,
            read: () => readMnfinderField(name, { image: image!, nuclei: nucleiPath!, micronuclei: micronucleiPath! }),
          },
        ];
      }),
};

const bbbc039: PublicSource = {
  name: "bbbc039",
  archives: [
    { file: "BBBC039-images.zip", url: "https://data.broadinstitute.org/bbbc/BBBC039/images.zip" },
    { file: "BBBC039-masks.zip", url: "https://data.broadinstitute.org/bbbc/BBBC039/masks.zip" },
  ],
  license: "CC0-1.0",
  licenseText: CC0,
  attribution:
    "We used image set BBBC039v1 (Caicedo et al., Cytometry Part A 95(9): 952-965, 2019), available from the Broad Bioimage " +
    "Benchmark Collection (Ljosa et al., Nature Methods 9: 637, 2012). The micronucleus labels are derived by rule and are not " +
    `part of BBBC039. ${CUT_NOTE}\n`,
  labelProvenance: "derived by rule from instance masks; nobody labelled micronuclei",
  labelOf: derivedLabel,
  keepAs: (entry) => /(?:^|\/)((?:images|masks)\/IXMtest_[^/]+\.(?:tif|png))$/.exec(entry)?.[1] ?? null,
  fieldsIn: (folder, files) =>
    files
      .filter((file) => extname(file) === ".tif")
      .flatMap((file): PublicField[] => {
        const stem = basename(file, ".tif");
        const mask = `masks/${stem}.png`;
        if (!files.includes(mask)) return [];
        // IXMtest_A02_s1_w1051DAA7C-7042-...: well, site, and the file's own identifier.
        const name = stem.replace("IXMtest_", "").split("-")[0] ?? stem;
        const read = () => readBbbc039Field(name, { image: join(folder, file), mask: join(folder, mask) });
        return [{ name, group: name, sourceFile: file, read }];
      }),
};

export function publicSource(name: PublicSourceName): PublicSource {
  return name === "mnfinder" ? mnfinder : bbbc039;
}
