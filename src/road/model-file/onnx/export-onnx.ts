import { MidashError } from "../../../base/errors/index.ts";
import { encodeOnnx } from "../../../networks/layers/index.ts";
import type { NamedArrays } from "../../../networks/learning/index.ts";
import { type ModelSpec, OnnxModel } from "../../../networks/models/index.ts";
import { type Plugin, Registry } from "../../plugin/index.ts";
import type { ModelBundle } from "../bundle.ts";

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Plugins that bring models which don't ship with the package. */
  readonly plugins?: readonly Plugin[];
}

/** A recipe with its weights, for networks that are in no model file. */
export interface SpecWithWeights {
  readonly spec: ModelSpec;
  /** What the model's `weights()` gave. */
  readonly weights: NamedArrays;
}

/** Protobuf ends here; ONNX files beyond it keep their weights in other files, which this library does not write. */
const LIMIT = 2 ** 31 - 1;

/** Stands in every file. */
const DISCLAIMER = "Research software, not a medical device.";

/**
 * Writes a model as an ONNX file (opset 17), which ONNX Runtime and others run without this library.
 *
 * Tensors are float32 and have channels first: `image` [batch, channels, height, width] in, `output` of the same size out; batch,
 * height and width may have any length, the latter two in multiples of what the model says (2^(levels - 1)). Values are
 * those of the normalizers, not HU: the file's `metadata_props` hold the steps before and after (`midash.preparation`,
 * `midash.background`, as JSON), model and options (`midash.model`), origin (`midash.provenance`), what it is meant for (`midash.intendedFor`), `licence` and `disclaimer`. What
 * other models take and give is said in the guide.
 *
 * @throws MidashError `unsupported` for a model without an ONNX network; `limit` for more than 2 GiB of weights; `not-found` for an
 *   unknown model; `invalid-file` when weights and model don't fit
 */
export async function exportOnnx(
  model: ModelBundle | SpecWithWeights,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const spec = "spec" in model ? model.spec : new Registry(options.plugins).spec(model.model);
  if (!spec.graph)
    throw new MidashError("unsupported", `the model "${spec.name}" can't be made an ONNX network`, {
      where: { call: "exportOnnx" },
      hint: "its recipe has no graph()",
    });
  const bytes = Object.values(model.weights).reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > LIMIT)
    throw new MidashError("limit", `${bytes} bytes of weights don't fit in an ONNX file`, {
      where: { call: "exportOnnx" },
    });
  const { graph } = await spec.graph(model.weights);
  return encodeOnnx(graph, {
    disclaimer: DISCLAIMER,
    "midash.multipleOf": String(spec.input.multipleOf),
    "midash.outputs": JSON.stringify(spec.outputs),
    // Of one that came as an ONNX file the network is all there is to say.
    ...(spec.name === OnnxModel.definition.name
      ? {}
      : { "midash.model": JSON.stringify({ name: spec.name, config: spec.config }) }),
    ...("spec" in model ? {} : storyOf(model)),
  });
}

/** What a bundle says of itself. */
function storyOf({
  preparation,
  background,
  provenance,
  intendedFor,
  metrics,
  licence,
}: ModelBundle): Record<string, string> {
  return {
    licence,
    "midash.preparation": JSON.stringify(preparation),
    "midash.background": JSON.stringify(background),
    "midash.provenance": JSON.stringify(provenance),
    "midash.intendedFor": JSON.stringify(intendedFor),
    "midash.metrics": JSON.stringify(metrics),
  };
}
