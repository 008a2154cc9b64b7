import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `HOLDFAST_URL` points the development server at another Holdfast than the usual one.
const holdfast = process.env.HOLDFAST_URL ?? "http://127.0.0.1:7070";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/holdfast/app/page",
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 600,
  },
  server: { host: "127.0.0.1", proxy: { "/api": holdfast } },
  test: { environment: "node", env: { TZ: "Europe/Paris" } },
});
