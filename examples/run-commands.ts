import { runCommandLine } from "../src/cli/main.ts";

/** Runs `mn` command lines one after the other, saying each; stops at the first that fails. */
export async function runCommands(commands: readonly (readonly string[])[]): Promise<void> {
  for (const command of commands) {
    console.error(`\n$ mn ${command.map((word) => (word.includes(" ") ? `"${word}"` : word)).join(" ")}`);
    const code = await runCommandLine(command);
    if (code !== 0) process.exit(code);
  }
}
