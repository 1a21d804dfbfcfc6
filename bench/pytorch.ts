import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface PytorchRequest {
  readonly kind: "train" | "infer";
  readonly batch: number;
  readonly steps: number;
}

/** The same network in PyTorch, in a process of its own that measures when asked; see pytorch_reference.py. */
export async function startPytorch() {
  // Debian's python3-torch belongs to Debian's own interpreter, whatever else is on the path.
  const child = spawn("/usr/bin/python3", [fileURLToPath(new URL("pytorch_reference.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("PyTorch ended. Install it with: apt-get install python3-torch");
    return JSON.parse(value) as Record<string, unknown>;
  };
  console.error(`PyTorch ${(await next()).version}`);
  return {
    /** Milliseconds an image, the median over the steps. */
    async measure(request: PytorchRequest): Promise<number> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return (await next()).milliseconds as number;
    },
    stop(): void {
      child.stdin.end();
    },
  };
}
