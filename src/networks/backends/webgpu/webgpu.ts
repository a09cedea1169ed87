/**
 * The WebGPU backend: trains and asks networks on a graphics card, in browsers and, by way of the package `webgpu`, in Node, on any vendor's card. tfjs's own is the engine; what
 * networks are made of is computed by kernels of this library.
 *
 * @example
 * import { webgpu } from "@midash/core/backends/webgpu";
 * const session = await webgpu().open();
 *
 * @module
 */
import { assert, errorJson, errorText } from "../../../base/errors/index.ts";
import type { Backend, TensorSession } from "../backend.ts";
import type { TileChoices } from "./tile-choices.ts";

export { TileChoices, type TileChoicesJson } from "./tile-choices.ts";

/** Options of {@link webgpu}. */
export interface WebgpuOptions {
  /**
   * What convolutions multiply in. Default `f32`: the same numbers on every card, and those of other backends within float32's rounding.
   * `f16` rounds what they multiply to 11 bits and adds up in float32; tensors and weights stay float32, and gradients are scaled by powers of 2 before they are rounded; of images and weights, values beyond 65504 become infinite (networks with norms are far from it). For cards that offer it
   * (`shader-f16`), and worth it on those whose matrix units Dawn offers, too (`session.can.products` says whether they are used, `whyNotMatrix` why not): without them it saves memory of workgroups, not arithmetic.
   */
  readonly precision?: "f32" | "f16";
  /** Where shapes are timed and which tile is the fastest for each is kept. Default none: a rule by shape takes the tile, and the same inputs give the same bits. */
  readonly tiles?: TileChoices;
  /**
   * Whether a processor that plays the card will do, as browsers and Linux have one (SwiftShader, llvmpipe): the numbers are right, and wasm is many times faster. Default true, so that what
   * was asked for by name computes; give false to choose: `(await webgpu({ software: false }).supports()) === true ? webgpu() : wasm()`.
   */
  readonly software?: boolean;
}

/**
 * The WebGPU backend. Loads nothing until it is asked or opened: then `@tensorflow/tfjs-backend-webgpu`, and in Node `webgpu`, which an application installs itself.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`. What a session computes throws `device-lost` when the card goes away in the middle, and `out-of-memory`: open a new one then
 */
export function webgpu(options: WebgpuOptions = {}): Backend<TensorSession> {
  const { precision = "f32" } = options;
  assert(
    precision === "f32" || precision === "f16",
    `precision must be f32 or f16, got ${JSON.stringify(precision)}`,
    { where: { call: "webgpu" } },
  );
  return {
    name: precision === "f16" ? "webgpu-f16" : "webgpu",
    async supports() {
      try {
        const { assertUsable } = await import("./start.ts");
        await assertUsable({ ...options, precision });
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openWebgpu({ ...options, precision }),
  };
}
