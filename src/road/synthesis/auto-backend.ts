import { errorText, isUserError, MidashError } from "../../base/errors/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { CreateOptions, ModelSpec } from "../../networks/models/index.ts";
import type { PartTable } from "../plugin/index.ts";
import { type OpenedModel, openModel } from "./open-model.ts";

/** A backend that "auto" did not take. */
export interface PassedOver {
  readonly backend: string;
  readonly reason: string;
}

/**
 * What "auto" tries, in this order: ONNX Runtime is the fastest on a CPU, where it is installed; wasm runs everywhere; cpu is slow and
 * always works. Backends of plugins are taken by name alone.
 */
const ORDER: readonly string[] = ["onnx", "wasm", "cpu"];

/** The backends that "auto" tries. */
export function autoBackends(parts: PartTable): readonly Backend[] {
  const names = parts.backends.map(({ name }) => name);
  return ORDER.filter((name) => names.includes(name)).map((name) => parts.backend(name));
}

/**
 * Opens the model in the first backend that can run it here.
 *
 * @throws MidashError `unsupported` naming the backends that don't work here, or, where all do, each, with its reason; `invalid-file` when the weights don't fit the model
 */
export async function openFirst(
  spec: ModelSpec,
  backends: readonly Backend[],
  options: CreateOptions,
): Promise<OpenedModel & { readonly passedOver: readonly PassedOver[] }> {
  const passedOver: PassedOver[] = [];
  /** Those that work here, but not for this model. */
  const unfit = new Set<Backend>();
  for (const backend of backends)
    try {
      return { ...(await openModel(spec, backend, options, () => unfit.add(backend))), passedOver };
    } catch (error) {
      // Another backend does not mend a damaged model, nor hide a fault of ours.
      if (!isUserError(error) || error.kind === "invalid-file" || error.kind === "aborted") throw error;
      const where = error.where === backend.name ? undefined : error.where; // the list says it already
      passedOver.push({ backend: backend.name, reason: errorText({ ...error.toJSON(), where }) });
    }
  const lacking = passedOver.filter((_, n) => !unfit.has(backends[n]!));
  const reasons = (lacking[0] ? lacking : passedOver).map(({ backend, reason }) => `${backend} (${reason})`);
  throw new MidashError("unsupported", `no backend runs the model here: ${reasons.join("; ") || "none"}`, {
    where: "backend auto",
    hint: "midash doctor lists what works here",
  });
}
