import { throwIfAborted } from "../../../base/errors/index.ts";
import type { NamedArrays } from "../../learning/index.ts";
import { FREQUENCIES, noiseOf, RANGE, schedule } from "../diffusion-schedule.ts";
import type { ResolvedUNetConfig } from "../unet-config.ts";
import { OnnxGraph } from "./graph.ts";
import { channelsFirst, channelsLast, type OnnxNetwork } from "./network.ts";
import { instanceNorm, leaky, type OnnxBlock, spaceOf, unetGraph } from "./unet-graph.ts";

/** A diffusion model, as far as its graph and its sampling depend on options. */
export interface DiffusionPlan {
  readonly unet: ResolvedUNetConfig;
  /** Channels of the MR. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly steps: number;
}

/**
 * The denoising network as a graph: `image` [batch, in, H, W], `noisy` [batch, out, H, W] and `time` [batch], from 0 to 1, to `v`
 * [batch, out, H, W]. One pass and not the whole sampler: the file would grow with the number of steps, which is the user's to
 * choose, and so is the noise.
 */
export function diffusionNetwork(plan: DiffusionPlan, weights: NamedArrays): OnnxNetwork {
  const { unet, inChannels, outChannels } = plan;
  const graph = new OnnxGraph("diffusion", weights);
  const space = spaceOf(unet.dims);
  const image = graph.input("image", ["batch", inChannels, ...space]);
  const noisy = graph.input("noisy", ["batch", outChannels, ...space]);
  const features = timeFeatures(graph, graph.input("time", ["batch"]));
  const both = graph.node("Concat", [image, noisy], { axis: 1 });
  const v = unetGraph(graph, unet, both, timedBlock(graph, features));
  graph.output("v", v, ["batch", outChannels, ...space]);
  return { encode: (metadata) => graph.encode(metadata), predict: sampler(plan) };
}

/** [N] -> [N, features]. Sines and cosines take turns: cos(a) = sin(a + π/2). */
function timeFeatures(graph: OnnxGraph, time: string): string {
  const waves = 2 * FREQUENCIES;
  const frequency = Array.from({ length: waves }, (_, j) => (Math.PI / 2) * (Math.floor(j / 2) + 1));
  const phase = frequency.map((_, j) => (j % 2 === 0 ? 0 : Math.PI / 2));
  const column = graph.node("Unsqueeze", [time, graph.constant("axis", [1n], [1])]);
  const angle = graph.node("Add", [
    graph.node("Mul", [column, graph.constant("frequency", frequency, [1, waves])]),
    graph.constant("phase", phase, [1, waves]),
  ]);
  return leaky(graph, dense(graph, graph.node("Sin", [angle]), "time"));
}

/** As the model's own block: instance norm, then scale and shift that depend on the time, then leaky ReLU. */
function timedBlock(graph: OnnxGraph, features: string): OnnxBlock {
  return (name, x) => {
    const normal = instanceNorm(graph, name, graph.convolution(x, `${name}.weight`));
    const film = dense(graph, features, `${name}.time`);
    const planes = graph.node("Unsqueeze", [film, graph.constant("planes", [2n, 3n], [2])]); // [N, 2C, 1, 1]
    const [scale, shift] = graph.node("Split", [planes], { axis: 1 }, 2) as [string, string];
    const factor = graph.node("Add", [scale, graph.constant("one", [1], [])]);
    return leaky(graph, graph.node("Add", [graph.node("Mul", [normal, factor]), shift]));
  };
}

function dense(graph: OnnxGraph, x: string, name: string): string {
  return graph.node("Gemm", [x, graph.weight(`${name}.weight`), graph.weight(`${name}.bias`)]);
}

/** DDIM (η = 0), as the model does it on tensors. */
function sampler({ outChannels, steps }: DiffusionPlan): OnnxNetwork["predict"] {
  return async (pass, batch, { random, signal }) => {
    const [n, ...space] = batch.shape.slice(0, -1) as [number, ...number[]];
    const shape = [n, ...space, outChannels];
    let z = noiseOf(
      n,
      shape.slice(1).reduce((a, b) => a * b),
      random,
    );
    for (let k = steps; k > 0; k--) {
      throwIfAborted(signal);
      const [t, s] = [k / steps, (k - 1) / steps];
      const outputs = await pass({
        image: channelsFirst(batch),
        noisy: channelsFirst({ data: z, shape }),
        time: { data: new Float32Array(n).fill(t), shape: [n] },
      });
      z = earlier(z, channelsLast(outputs.v!).data, t, s);
    }
    return { data: z, shape };
  };
}

/** From time t to the earlier time s, 0 being the CT. */
function earlier(z: Float32Array, v: Float32Array, t: number, s: number): Float32Array {
  const [alpha, sigma] = schedule(t);
  const [alphaS, sigmaS] = schedule(s);
  return z.map((value, i) => {
    const ct = Math.min(RANGE[1], Math.max(RANGE[0], alpha * value - sigma * v[i]!));
    return s === 0 ? ct : alphaS * ct + (sigmaS * (value - alpha * ct)) / sigma;
  });
}
