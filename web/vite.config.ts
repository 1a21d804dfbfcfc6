import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `vite web` asks while the pages are developed: start it with `mn review --no-open --port 4180`. */
const SERVER = "http://127.0.0.1:4180";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    // Of 2025 at the latest: light-dark() in style sheets, iterator helpers in programs.
    target: ["chrome123", "edge123", "firefox131", "safari18.4"],
    // The page's security policy lets in no data: address but those of images.
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  server: {
    host: "127.0.0.1",
    // The server refuses requests of another origin than its own.
    proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { origin: SERVER } } },
  },
});
