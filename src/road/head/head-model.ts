import { fromBase64 } from "../../base/bytes/index.ts";
import { fail } from "../../base/errors/index.ts";
import { decodeModel, type ModelBundle } from "../model-file/index.ts";

/**
 * The model of whole heads that comes with the package: any MR of a head in, CT in HU and ten classes of tissue (`HEAD_CLASSES`) out, at 1 mm. It was
 * trained on simulated heads alone, so no patient's licence is on it (MIT); `weights/head/README.md` in the repository is its card. The weights, 6 MB, are
 * a module of their own that is loaded by the first call.
 *
 * @throws MidashError `io` when the weights do not load: in a page they are a request of their own
 * @example
 * const synthesizer = new Synthesizer(await headModel(), { backend: wasm() });
 */
export async function headModel(): Promise<ModelBundle> {
  const { default: base64 } = await import("../../../weights/head/head.safetensors").catch((cause) =>
    fail("io", "its weights, a script of 8 MB, did not load", {
      where: "head model",
      hint: "try again; a page that was deployed anew while it was open has to be reloaded",
      cause,
    }),
  );
  return decodeModel(fromBase64(base64), { name: "head model" });
}
