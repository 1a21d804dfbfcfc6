import { spawn } from "node:child_process";

/** Opens a page or a file in the user's browser, where there is a screen; says nothing where that fails. */
export function openInBrowser(target: string): void {
  const screenless = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  if (screenless || process.env.CI) return;
  const [program, ...args] =
    process.platform === "darwin"
      ? ["open", target]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", target]
        : ["xdg-open", target];
  const child = spawn(program as string, args, { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
