/** Runs a product in the way that was measured to be the fastest here, or that the rule takes. */
import { product } from "../../../../base/bytes/index.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend, type Shader } from "../of-backend.ts";
import type { ProductText } from "./product-text.ts";
import { type Way, waysFor } from "./ways.ts";

/** What is to be done in some way. */
export interface Job {
  readonly tensors: readonly TensorInfo[];
  /** Shape of one more tensor, the last, that is only wanted for a moment. */
  readonly scratch?: readonly number[] | undefined;
  readonly numbers: Uint32Array;
  readonly groups: readonly [number, number, number];
}

export interface Product {
  readonly label: string;
  /** All that the shader and the time it takes depend on, but for what is multiplied in. */
  readonly about: readonly (string | number)[];
  readonly text: () => ProductText;
  /** See {@link ProductText.leftAlong}. */
  readonly along: ProductText["leftAlong"];
  readonly size: readonly [rows: number, columns: number];
  /** Parts that the sum may be cut into. */
  readonly shares?: number;
  readonly job: (way: Way) => Job;
}

/** Texts of shaders are long: each is written once. */
const plans = new WeakMap<object, Map<string, { readonly way: Way; readonly shader: Shader }>>();

/** @returns the scratch tensor, if there was one: the caller frees it */
export function runProduct(backend: GpuBackend, of: Product): TensorInfo | undefined {
  const owner = backend.choices ?? backend.device;
  let known = plans.get(owner);
  if (!known) {
    known = new Map();
    plans.set(owner, known);
  }
  const key = `${backend.products ?? "f32"} ${of.label} ${of.about.join(" ")}`;
  let plan = known.get(key);
  if (!plan) {
    const { all, rule } = waysFor(backend, of.along, of.size, of.shares);
    const shaderIn = (way: Way) => ({ label: of.label, code: way.code(of.text()) });
    const candidates = () =>
      all.map((way) => {
        const { tensors, scratch, numbers, groups } = of.job(way);
        const shapes = [...tensors.map(({ shape }) => shape), ...(scratch ? [scratch] : [])];
        const bytes = shapes.map((shape) => 4 * product(shape));
        return { name: way.name, shader: shaderIn(way), bytes, numbers, groups };
      });
    const chosen = backend.choices?.take(key, candidates);
    const way = all.find(({ name }) => name === chosen) ?? rule;
    plan = { way, shader: shaderIn(way) };
    if (!backend.choices || chosen !== undefined) known.set(key, plan);
  }
  const { tensors, scratch, numbers, groups } = of.job(plan.way);
  const more = scratch && backend.makeTensorInfo(scratch, "float32");
  dispatch(backend, plan.shader, more ? [...tensors, more] : tensors, numbers, groups);
  return more;
}
