import type { Command } from "commander";
import { consoleOf, formatTable } from "./console.ts";

const EXAMPLES = `
Parameters: learned numbers, for two classes. Multiply-adds: for one image of 224 x 224 pixels, in convolutions and dense layers.
ImageNet: the published weights that "mn train --weights imagenet" starts from.

Examples:
  $ mn networks
  $ mn train data.csv --network resnet --weights imagenet --out run`;

/** `mn networks`. */
export function registerNetworks(program: Command): void {
  program
    .command("networks")
    .description("list the networks: size, cost, origin")
    .addHelpText("after", EXAMPLES)
    .action(async (_options: object, command: Command) => {
      const { NETWORK_NAMES, NETWORKS } = await import("../networks/networks.ts");
      const { costOf } = await import("../networks/cost.ts");
      const networks = NETWORK_NAMES.map((name) => {
        const { reference, imagenet } = NETWORKS[name];
        return { name, ...costOf({ name }), imagenet, reference };
      });
      const rows = networks.map(({ name, parameters, multiplyAdds, imagenet, reference }) => [
        name,
        parameters.toLocaleString("en"),
        `${(multiplyAdds / 1e9).toFixed(2)}`,
        imagenet ?? "-",
        reference,
      ]);
      const headings = ["network", "parameters", "10^9 multiply-adds", "ImageNet", "reference"];
      consoleOf(command).result({ networks }, formatTable([headings, ...rows]));
    });
}
