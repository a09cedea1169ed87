import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const read = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8");

/** What the page itself says it may do, as a header too; who may frame it, only a header can say. */
const policy = `${/http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(read("index.html"))![1]}; frame-ancestors 'none'`;

/** With these two headers a page gets shared memory, and with it all cores; without them everything works on one. Your server should send them too. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const SAMPLE = "sample.nii.gz";

/** A simulated head, made when the page is built: no image of a patient lies here. */
async function sampleFile(): Promise<Uint8Array> {
  const { encodeVolume, phantomSubject } = await import("@midash/core");
  const { inputs } = await phantomSubject({ shape: [96, 112, 96], spacing: [2, 2, 2], seed: 7 });
  const mr = inputs.t1!;
  const whole = mr.with({ data: Int16Array.from(mr.values(), Math.round) }); // a quarter of the bytes
  return encodeVolume(whole, { format: "nifti", gzip: true });
}

/** Serves or emits the page's sample. */
function sample(): Plugin {
  let made: Promise<Uint8Array> | undefined;
  const once = () => {
    made ??= sampleFile();
    return made;
  };
  return {
    name: "sample",
    configureServer(server) {
      server.middlewares.use(`/${SAMPLE}`, async (_, response) => response.end(await once()));
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: SAMPLE, source: await once() });
    },
  };
}

/** Emits the service worker, with the list of all that the page is made of. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const own = readdirSync(fileURLToPath(new URL("public", import.meta.url)));
        const hash = createHash("sha256");
        for (const [name, file] of Object.entries(bundle))
          hash.update(name).update("code" in file ? file.code : file.source);
        for (const name of own) hash.update(name).update(read(`public/${name}`));
        const source = read("service-worker.mjs");
        const build = {
          version: hash.update(source).digest("hex").slice(0, 16),
          files: [...Object.keys(bundle), ...own].sort(),
        };
        this.emitFile({
          type: "asset",
          fileName: "sw.js",
          source: source.replace("__BUILD__", () => JSON.stringify(build)),
        });
      },
    },
  };
}

export default defineConfig({
  base: "./", // any folder of any server
  server: { headers },
  preview: {
    headers: { ...headers, "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" },
  },
  plugins: [sample(), offline()],
  worker: { format: "es" }, // the worker loads its parts when it needs them, instead of all at once
  build: { target: "es2022", rolldownOptions: { checks: { pluginTimings: false } } },
});
