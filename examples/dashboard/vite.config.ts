import { defineConfig, type Plugin } from "vite";

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

export default defineConfig({
  base: "./", // any folder of any server
  server: { headers },
  preview: { headers },
  plugins: [sample()],
  worker: { format: "es" }, // the worker loads its parts when it needs them, instead of all at once
  build: { target: "es2022" },
});
