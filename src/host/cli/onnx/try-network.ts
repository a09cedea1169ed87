import { isUserError, MidashError } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import type { OnnxUse } from "../../../road/model-file/onnx/index.ts";
import { onnx } from "../../../road/model-file/onnx/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { openModel } from "../../../road/synthesis/index.ts";

/** Least pixels along an axis of the image that a network is tried on, where it takes any. */
const LEAST = { 2: 64, 3: 32 } as const;

/** How a trial went. */
export type Trial = { readonly size: readonly number[] } | { readonly why: string };

/**
 * One pass of an imported network on zeros, so that a wrong size, layout or multiple is said now and not by the first patient.
 *
 * @throws MidashError what ONNX Runtime or the network refuses. Where ONNX Runtime is absent there is no trial
 */
export async function tryNetwork(
  { model, weights }: ModelBundle,
  { size, inChannels, multipleOf }: OnnxUse,
  {
    registry,
    name,
    signal,
  }: { readonly registry: Registry; readonly name: string; readonly signal: AbortSignal },
): Promise<Trial> {
  const backend = onnx();
  const works = await backend.supports();
  if (works !== true) return { why: works.reason };
  const least = LEAST[size.length === 3 ? 3 : 2];
  const tried = size.map((n) => n || multipleOf * Math.ceil(least / multipleOf));
  const shape = [1, ...tried, inChannels];
  const random = new Random(0);
  try {
    const opened = await openModel(registry.spec(model), backend, { random, weights });
    try {
      const data = new Float32Array(shape.reduce((a, b) => a * b));
      await opened.model.predict({ data, shape }, { random: () => random, signal });
    } finally {
      opened.model.dispose();
      opened.session.close();
    }
  } catch (error) {
    if (!isUserError(error) || error.kind === "aborted") throw error;
    throw new MidashError(error.kind, `it does not run on ${tried.join("×")} zeros: ${error.what}`, {
      where: name,
      hint: "check --multiple-of, --layout and --output, or export the network anew",
      cause: error,
    });
  }
  return { size: tried };
}
