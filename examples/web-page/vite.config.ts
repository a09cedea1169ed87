import { defineConfig } from "vite";

/** With these two headers a page gets shared memory, and with it all cores; without them everything works on one. Your server must send them too. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  server: { headers },
  preview: { headers },
  worker: { format: "es" }, // the worker loads its parts when it needs them, instead of all at once
});
