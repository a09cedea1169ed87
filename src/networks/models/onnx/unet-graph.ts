import type { NamedArrays } from "../../learning/index.ts";
import { EPSILON, LEAK } from "../layers.ts";
import { checkWeights } from "../parameters.ts";
import type { ResolvedUNetConfig } from "../unet-config.ts";
import { unetPlan } from "../unet-network.ts";
import { OnnxGraph } from "./graph.ts";
import { type OnnxNetwork, onePass } from "./network.ts";
import type { OnnxAttribute } from "./proto.ts";

/** What follows a 3×3 convolution: norm, scale and shift, activation. `name` is the convolution's. */
export type OnnxBlock = (name: string, x: string) => string;

/** Names of the spatial axes, all of any length that can be halved often enough. */
export function spaceOf(dims: number): readonly string[] {
  return dims === 3 ? ["depth", "height", "width"] : ["height", "width"];
}

/** A U-Net as a network of its own: `image` [batch, in, ...space] -> `output` [batch, out, ...space]. */
export function unetNetwork(name: string, config: ResolvedUNetConfig, weights: NamedArrays): OnnxNetwork {
  checkWeights(unetPlan(config), weights);
  const graph = new OnnxGraph(name, weights);
  const space = spaceOf(config.dims);
  const image = graph.input("image", ["batch", config.inChannels, ...space]);
  graph.output("output", unetGraph(graph, config, image), ["batch", config.outChannels, ...space]);
  return onePass(graph);
}

/**
 * The graph of `UNetNetwork.forward` at inference, channels first.
 *
 * @param block in place of the config's norm and leaky ReLU
 * @returns the name of the result
 */
export function unetGraph(
  graph: OnnxGraph,
  config: ResolvedUNetConfig,
  x: string,
  block: OnnxBlock = blockOf(graph, config),
): string {
  const { levels, dims, finalActivation } = config;
  const pair = Array.from({ length: dims }, () => 2);
  const skips: string[] = [];
  let h = x;
  for (let level = 0; level < levels; level++) {
    if (level > 0) {
      skips.push(h);
      h = graph.node("MaxPool", [h], { kernel_shape: pair, strides: pair });
    }
    for (const name of [`encoder.${level}.0`, `encoder.${level}.1`]) h = block(name, h);
  }
  for (let level = levels - 2; level >= 0; level--) {
    h = graph.node("Concat", [enlarged(graph, config, h, level), skips[level]!], { axis: 1 });
    for (const name of [`decoder.${level}.0`, `decoder.${level}.1`]) h = block(name, h);
  }
  const out = graph.convolution(h, "output.weight", "output.bias");
  if (finalActivation === "sigmoid") return graph.node("Sigmoid", [out]);
  return finalActivation === "tanh" ? graph.node("Tanh", [out]) : out;
}

function blockOf(graph: OnnxGraph, { norm }: ResolvedUNetConfig): OnnxBlock {
  return (name, x) => {
    if (norm === "none") return leaky(graph, graph.convolution(x, `${name}.weight`, `${name}.bias`));
    const h = graph.convolution(x, `${name}.weight`);
    if (norm === "instance") return leaky(graph, instanceNorm(graph, name, h));
    const parameters = [`${name}.norm.weight`, `${name}.bias`, `${name}.norm.mean`, `${name}.norm.variance`];
    const inputs = [h, ...parameters.map((parameter) => graph.weight(parameter))];
    return leaky(graph, graph.node("BatchNormalization", inputs, { epsilon: { float: EPSILON } }));
  };
}

/** Instance norm with scale and shift. */
export function instanceNorm(graph: OnnxGraph, name: string, x: string): string {
  const inputs = [x, graph.weight(`${name}.norm.weight`), graph.weight(`${name}.bias`)];
  return graph.node("InstanceNormalization", inputs, { epsilon: { float: EPSILON } });
}

/** The leaky ReLU of all our networks. */
export function leaky(graph: OnnxGraph, x: string): string {
  return graph.node("LeakyRelu", [x], { alpha: { float: LEAK } });
}

/** Doubles all spatial axes and halves the channels. */
function enlarged(graph: OnnxGraph, config: ResolvedUNetConfig, x: string, level: number): string {
  const { dims, upsampling } = config;
  const [weight, bias] = [`up.${level}.weight`, `up.${level}.bias`];
  if (upsampling === "transposed") return graph.enlargingConvolution(x, weight, bias);
  const scales = [1, 1, ...Array.from({ length: dims }, () => 2)];
  const doubling = graph.constant("doubling", scales, [scales.length]);
  const how: Readonly<Record<string, OnnxAttribute>> =
    upsampling === "nearest"
      ? {
          mode: { text: "nearest" },
          coordinate_transformation_mode: { text: "asymmetric" },
          nearest_mode: { text: "floor" },
        }
      : { mode: { text: "linear" }, coordinate_transformation_mode: { text: "half_pixel" } };
  return graph.node("Resize", [graph.convolution(x, weight, bias), "", doubling], how);
}
