import { z } from "zod";
import { WeightsError } from "../core/errors.ts";
import { type NetworkSettings, networkSettingsSchema } from "../networks/networks.ts";

/** Key of the network's settings in the metadata of our models, and of what we export. */
const MODEL_KEY = "micronuclei.network";

/** The network's settings that stand beside the tensors, in a model of ours or an export of one; undefined elsewhere. */
export function storedNetwork(metadata: Readonly<Record<string, string>>): NetworkSettings | undefined {
  const text = metadata[MODEL_KEY];
  if (text === undefined) return undefined;
  const parsed = networkSettingsSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : undefined;
}

/** The settings of a model's network. Throws NETWORK_UNREADABLE where this software has no such network. */
export function networkOfModel(network: unknown): NetworkSettings {
  const parsed = networkSettingsSchema.safeParse(network);
  if (parsed.success) return parsed.data;
  throw new WeightsError(
    "NETWORK_UNREADABLE",
    `The model is of a network that this version cannot build: ${z.prettifyError(parsed.error)}. Use the version that ` +
      `wrote it; its metadata "version" names it.`,
  );
}

/** Metadata from which `storedNetwork` reads the settings again. */
export function networkMetadata(network: NetworkSettings): Record<string, string> {
  return { [MODEL_KEY]: JSON.stringify(network) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
