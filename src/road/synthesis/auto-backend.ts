import { errorText, isUserError, MidashError } from "../../base/errors/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { CreateOptions, ModelSpec } from "../../networks/models/index.ts";
import type { PartTable } from "../plugin/index.ts";
import { modelIn, type OpenedModel, openSession } from "./open-model.ts";

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
 * @throws MidashError `unsupported` naming each backend that was tried, with its reason, or the only one that may run the model with what it lacks; `invalid-file` when the weights don't fit the model
 */
export async function openFirst(
  spec: ModelSpec,
  backends: readonly Backend[],
  options: CreateOptions,
): Promise<OpenedModel & { readonly passedOver: readonly PassedOver[] }> {
  const passedOver: PassedOver[] = [];
  /** Those that work here, but not for this model. */
  const unfit: string[] = [];
  for (const backend of backends) {
    let works = false;
    try {
      const session = await openSession(backend, options);
      works = true;
      return { ...(await modelIn(session, spec, options)), passedOver };
    } catch (error) {
      // Another backend does not mend a damaged model, nor hide a fault of ours.
      if (!isUserError(error) || error.kind === "invalid-file" || error.kind === "aborted") throw error;
      const where = error.where === backend.name ? undefined : error.where; // the list says it already
      passedOver.push({ backend: backend.name, reason: errorText({ ...error.toJSON(), where }) });
      if (works) unfit.push(backend.name);
    }
  }
  const where = "backend auto";
  const [hope, ...more] = passedOver.filter(({ backend }) => !unfit.includes(backend));
  if (hope && more.length === 0 && unfit.length > 0)
    throw new MidashError(
      "unsupported",
      `the model does not run on ${unfit.join(" or ")}, and ${hope.backend} does not work here: ${hope.reason}`,
      { where },
    );
  const reasons = passedOver.map(({ backend, reason }) => `${backend} (${reason})`);
  throw new MidashError(
    "unsupported",
    `no backend runs the model here: ${reasons.join("; ") || "there is none"}`,
    {
      where,
      hint: "midash doctor lists what works on this machine",
    },
  );
}
