/** What {@link webgl} loads when it is asked: a page that computes elsewhere never does. */
import { MidashError } from "../../../base/errors/index.ts";
import { loadPackage, nodeProcess } from "../../../base/platform/index.ts";
import type { TensorSession, Tf } from "../backend.ts";
import { loadTf, openTfSession } from "../engine.ts";
import { registerRanks } from "../tfjs/ranks.ts";
import { registerWaves } from "./waves.ts";

/** @throws MidashError `missing-package`, `unsupported` */
export async function checkWebgl(): Promise<void> {
  await load(await loadTf());
}

/** See `Backend.open`. */
export function openWebgl(): Promise<TensorSession> {
  return openTfSession("webgl", { train: true, deterministic: true }, async (tf) => {
    await load(tf);
    registerRanks(tf, "webgl");
    registerWaves(tf, "webgl");
    return undefined;
  });
}

async function load(tf: Tf): Promise<void> {
  if (nodeProcess() || !("OffscreenCanvas" in globalThis || "document" in globalThis))
    throw new MidashError("unsupported", "WebGL is there in browsers alone", {
      where: "webgl",
      hint: "wasm runs everywhere, webgpu on graphics cards in Node too",
    });
  await loadPackage("@tensorflow/tfjs-backend-webgl", {
    where: "webgl",
    why: "it computes by WebGL",
    load: importTfjs,
  });
  if (tf.env().getNumber("WEBGL_VERSION") < 1)
    throw new MidashError("unsupported", "this browser has no WebGL here", {
      where: "webgl",
      hint: "is hardware acceleration switched off? wasm runs without it",
    });
  // tfjs would go on in 16 bits, where numbers above 2048 are 2 apart.
  if (!tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED"))
    throw new MidashError("unsupported", "WebGL draws into 16-bit floats alone here, too few for HU", {
      where: "webgl",
      hint: "wasm computes in 32 bits everywhere",
    });
}

/** Within a try, so that bundlers let a page be built where the package is not installed. */
async function importTfjs(): Promise<unknown> {
  try {
    return await import("@tensorflow/tfjs-backend-webgl");
  } catch (cause) {
    throw new Error("@tensorflow/tfjs-backend-webgl does not load", { cause });
  }
}
