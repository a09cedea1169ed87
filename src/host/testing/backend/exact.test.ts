/** The float64 loops that generated cases are compared with, against the references that PyTorch computed. */
import { describe, expect, test } from "vitest";
import { distance } from "../compare.ts";
import { convolve, convolveGradients, type Exact, normLeaky, pool, repeat, repeatGradient } from "./exact.ts";
import { type Numbers, type OpCase, opCases } from "./ops.ts";
import { shapeCases } from "./shapes.ts";

const exact = ({ shape, data }: Numbers): Exact => ({ shape, data: Float64Array.from(data) });
/** Numbers are stored with six digits. */
const STORED = 5e-6;

/** Value and gradients of a stored case by the loops; nothing for ops that they don't know. */
function ours({ op, options, inputs, dy: stored }: OpCase) {
  const given = Object.fromEntries(Object.entries(inputs).map(([name, of]) => [name, exact(of)]));
  const { x, filter, gamma, beta } = given as Record<string, Exact>;
  const dy = exact(stored);
  const { stride = 1, pad = "same", over = "instance" } = options;
  switch (op) {
    case "conv2d":
    case "conv3d":
      return {
        value: convolve(x!, filter!, stride, pad),
        gradients: convolveGradients(x!, filter!, dy, stride, pad),
      };
    case "doubleTransposed":
      return {
        value: convolveGradients(dy, filter!, x!, 2, "valid").x,
        gradients: {
          x: convolve(dy, filter!, 2, "valid"),
          filter: convolveGradients(dy, filter!, x!, 2, "valid").filter,
        },
      };
    case "maxPool":
    case "maxPool3d":
      return { value: pool(x!).y, gradients: { x: pool(x!, dy).dx } };
    case "doubleNearest":
      return { value: repeat(x!), gradients: { x: repeatGradient(dy) } };
    case "normLeaky": {
      const { y, gradients } = normLeaky({ x: x!, gamma: gamma!, beta: beta! }, dy, over, 0.01);
      return { value: y, gradients };
    }
    default:
      return undefined;
  }
}

const known = opCases().flatMap((opCase) => {
  const result = ours(opCase);
  return result ? [[opCase.name, opCase, result] as const] : [];
});

describe("the float64 loops agree with PyTorch", () => {
  test("on every op that cases are generated of", () => {
    const generated = new Set([...shapeCases()].map(({ op }) => op));
    const checked = new Set(known.map(([, { op }]) => op));
    // A convolution with stride 1, one of a pair, and a pooling are stored under other names.
    const others: Readonly<Record<string, string>> = {
      convolution: "conv3d",
      convolutionOfPair: "conv2d",
      halve: "maxPool3d",
    };
    for (const op of generated) expect(checked, op).toContain(others[op] ?? op);
    expect(known.length).toBeGreaterThan(30);
  });

  test.each(known)("%s", (_name, { value, gradients }, result) => {
    expect(result.value.shape).toEqual(value.shape);
    expect(distance(result.value.data, value.data)).toBeLessThan(STORED);
    for (const [name, of] of Object.entries(result.gradients)) {
      expect(of.shape).toEqual(gradients[name]!.shape);
      expect(distance(of.data, gradients[name]!.data), name).toBeLessThan(STORED);
    }
  });
});
