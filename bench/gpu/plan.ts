import { casesOf, type GpuCase, type GpuSize, inference, training } from "./cases.ts";
import type { EngineName } from "./engines.ts";

/** One case for engines that take turns at it, run by run. */
export interface Round {
  readonly of: GpuCase;
  readonly engines: readonly EngineName[];
}

const TORCH = ["torch-fp32", "torch-tf32", "torch-amp"] as const;

/**
 * What is measured, in the order in which it matters when a budget ends: correctness, training and inference in float32, peers, float16, 3-D. Of the tiny set
 * all engines take turns at each case, so that a machine that is slow for a while slows all.
 */
export function planOf(size: GpuSize): readonly Round[] {
  const { checks, plane, space, convolutions, loaded } = casesOf(size);
  const rounds = (cases: readonly GpuCase[], ...engines: readonly EngineName[]): readonly Round[] =>
    cases.map((of) => ({ of, engines }));
  const [trained, asked] = [training(plane), inference(plane)];
  const [trainedSpace, askedSpace] = [training(space), inference(space)];
  if (size === "tiny")
    return [
      ...rounds(checks, "midash", "midash-f16"),
      ...rounds(trained, "midash", "tfjs", "torch-fp32", "torch-tf32", "torch-amp", "midash-f16", "jax"),
      ...rounds(
        asked,
        "midash",
        "tfjs",
        "onnx",
        "torch-fp32",
        "torch-tf32",
        "torch-amp",
        "midash-f16",
        "jax",
      ),
      ...rounds(convolutions, "midash", "tfjs", "torch-fp32"),
      ...rounds([loaded], "midash"),
      ...rounds([...trainedSpace, ...askedSpace], "midash", "tfjs", "torch-fp32", "midash-f16"),
    ];
  const few = (cases: readonly GpuCase[]) => cases.slice(0, 2);
  return [
    ...rounds(checks, "midash"),
    ...rounds(trained, "midash"),
    ...rounds(asked, "midash"),
    ...rounds(trained, ...TORCH),
    ...rounds(asked, ...TORCH),
    ...rounds(convolutions, "midash", "torch-fp32"),
    ...rounds([loaded], "midash"),
    ...rounds(few(asked), "onnx"),
    ...rounds([...few(trained)].reverse(), "tfjs", "jax"),
    ...rounds([...few(asked)].reverse(), "tfjs", "jax"),
    ...rounds(checks, "midash-f16"),
    ...rounds([...trained, ...asked], "midash-f16"),
    ...rounds([...trainedSpace, ...askedSpace], "midash", ...TORCH),
    ...rounds([...trainedSpace, ...askedSpace], "midash-f16", "tfjs"),
    ...rounds(asked.slice(2), "onnx"),
    ...rounds(
      convolutions.filter(({ pass }) => pass === "forward"),
      "tfjs",
    ),
  ];
}
