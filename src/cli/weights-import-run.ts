import { UsageError } from "../core/errors.ts";
import { sha256OfFile, writeFileAtomically } from "../core/files.ts";
import { type NetworkName, networkNamed } from "../networks/networks.ts";
import { weightsCacheFolder } from "../weights/cache-folder.ts";
import { publishedWithChecksum } from "../weights/catalogue.ts";
import { adoptPublishedFile, type FetchedWeights } from "../weights/fetch.ts";
import { importModel } from "../weights/import-model.ts";
import { inspectWeightsFile } from "../weights/read.ts";
import type { Console } from "./console.ts";
import { nameList } from "./options.ts";
import { versionOfPackage } from "./version.ts";
import type { WeightsImportOptions } from "./weights-import.ts";

/** Makes a model of the file, or, without a network, puts a published file into the cache. */
export async function runWeightsImport(file: string, options: WeightsImportOptions, console: Console): Promise<void> {
  if (options.network === undefined) await importIntoCache(file, options.cache ?? weightsCacheFolder(), console);
  else await importAsModel(file, networkNamed(options.network), options, console);
}

async function importAsModel(
  file: string,
  name: NetworkName,
  { out, classes, positive, transformInput }: WeightsImportOptions,
  console: Console,
): Promise<void> {
  const { model, metadata, weights } = await importModel({
    file,
    network: { name, ...(transformInput ? { transformInput } : {}) },
    classes: twoClasses(classes),
    positiveClass: positive,
    version: versionOfPackage(),
  });
  await writeFileAtomically(out, model);
  const { unused, fitting } = weights.fit;
  console.result(
    { model: out, network: metadata.network, classes: metadata.classes, positive_class: positive, unused },
    [
      `${out}: ${name}, ${fitting.length} tensors of ${file} (${weights.format}).`,
      `Outputs of the model: "${metadata.classes.join('", "')}"; positive is "${positive}", called at a probability of 0.5.`,
      ...(unused.length === 0 ? [] : [`Left out, because the network has no such layers: ${unused.join(", ")}`]),
      `Licence: ${metadata.licences.join("; ") || "not stated in the file; ask whoever trained these weights"}`,
    ].join("\n"),
  );
}

async function importIntoCache(file: string, cacheFolder: string, console: Console): Promise<void> {
  // Opened first: a file that is missing or no file of weights has an error of its own.
  const { format } = await inspectWeightsFile(file);
  const published = publishedWithChecksum(await sha256OfFile(file));
  if (published.length === 0) {
    throw new UsageError(
      "WEIGHTS_NETWORK_MISSING",
      `${file} (${format}) is none of torchvision's published files, by its SHA-256. Say which network it is of, such as ` +
        `--network resnet; "mn weights inspect ${file}" shows which one it fits.`,
    );
  }
  const adopted: FetchedWeights[] = [];
  for (const weights of published) adopted.push(await adoptPublishedFile(weights, file, cacheFolder));
  console.result(
    { adopted: adopted.map(({ name, path, metadata }) => ({ name, path, ...metadata })) },
    [
      ...adopted.map(({ name, path }) => `The ImageNet weights "${name}", verified, are now in the cache: ${path}`),
      `Licence: ${adopted[0]?.metadata.license}`,
    ].join("\n"),
  );
}

function twoClasses(text: string): [string, string] {
  const classes = nameList(text);
  if (classes.length === 2) return classes as [string, string];
  throw new UsageError(
    "WEIGHTS_CLASSES",
    `--classes "${text}" names ${classes.length}. Expected the two classes of the file's outputs, such as normal,mn.`,
  );
}
