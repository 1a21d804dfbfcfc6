import { afterEach, expect, test, vi } from "vitest";
import { runCommandLine } from "./main.ts";

afterEach(() => vi.restoreAllMocks());

async function outputOf(...args: string[]): Promise<string> {
  let output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  expect(await runCommandLine(args)).toBe(0);
  return output;
}

test("mn networks lists every network with size, cost and origin", async () => {
  const text = await outputOf("networks");
  // From the papers: AlexNet without its 1000 classes, VGG-16's 15.5 billion, ResNet-18's 1.8.
  expect(text).toMatch(/^alexnet-attention +2,766,916 +0\.69 +alexnet +Wei et al\. 2022/m);
  expect(text).toMatch(/^alexnet +57,012,034 +0\.71 +alexnet_dense +Krizhevsky/m);
  expect(text).toMatch(/^vgg16 +134,268,738 +15\.47 +vgg16_dense +Simonyan/m);
  expect(text).toMatch(/^resnet +11,177,538 +1\.81 +resnet18 +He et al\./m);
  expect(text).toMatch(/^mobilenet +3,209,026 +0\.57 +- +Howard/m);
  expect(text).toContain("a replica from the description");
});

test("mn networks --json is one document", async () => {
  const { networks } = JSON.parse(await outputOf("networks", "--json"));
  expect(networks).toHaveLength(15);
  expect(networks).toContainEqual({
    name: "alex-light",
    parameters: 2_470_210,
    multiplyAdds: 655_567_040,
    imagenet: "alexnet",
    reference: "Wei et al. 2022, doi:10.1186/s12911-022-01875-w (ablation)",
  });
});
