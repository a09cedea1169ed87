import type { Scalar } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Json } from "./arrays.ts";
import type { Loss, LossMoment, OpenLoss } from "./loss.ts";

/**
 * A weight that goes from one value to another while a run goes on: it is `from` until the first of the two epochs or steps is done, `to` when the
 * second is, and on a line in between.
 */
export type Ramp = { readonly from: number; readonly to: number } & (
  | { readonly epochs: readonly [first: number, second: number] }
  | { readonly steps: readonly [first: number, second: number] }
);

/** A loss in a sum, and how much it counts. */
export type LossTerm = readonly [weight: number | Ramp, loss: Loss];

const where = { call: "losses.sum" };

/**
 * A weighted sum of losses, e.g. of several outputs. Reports each of them by its name, without its weight; where two have one name, with the output
 * (`dice.tissue`) or their number (`l1.2`) behind it.
 *
 * @example
 * losses.sum([[1, losses.l1()], [0.5, losses.gradient()], [{ from: 0, to: 1, epochs: [5, 10] }, losses.bone()]]);
 * @throws MidashError `invalid-argument` without terms, and for weights that are none
 */
export function sum(terms: readonly LossTerm[]): Loss {
  assert(Array.isArray(terms) && terms.length > 0, "a sum needs at least one loss", { where });
  for (const [weight] of terms) assertWeight(weight);
  const names = namesOf(terms.map(([, loss]) => loss));
  return {
    name: terms.map(([, { name }]) => name).join("+"),
    about: "weighted sum of losses, [[weight, loss], ...]; a weight may be { from, to, epochs: [a, b] }",
    toJSON: () => ({ name: "sum", terms: terms.map(([weight, loss]) => [weight as Json, loss.toJSON()]) }),
    async open(session, context) {
      const { tf } = session.tensors;
      const opened: OpenLoss[] = [];
      for (const [, loss] of terms) opened.push(await loss.open(session, context));
      return {
        value(outputs, targets, now = { step: 0, epoch: 0 }) {
          const parts = opened.map((loss, n) => {
            const name = names[n]!;
            const report: LossMoment["report"] = (inner, part) => now.report?.(`${name}.${inner}`, part);
            const value = loss.value(outputs, targets, { ...now, report });
            now.report?.(name, value);
            return tf.mul(value, weightAt(terms[n]![0], now)) as Scalar;
          });
          return tf.addN(parts);
        },
        dispose() {
          for (const loss of opened) loss.dispose?.();
        },
      };
    },
  };
}

/** @throws MidashError `invalid-argument` */
function assertWeight(weight: unknown): asserts weight is LossTerm[0] {
  if (typeof weight === "number" && Number.isFinite(weight)) return;
  const { from, to, epochs, steps, ...rest } = (weight ?? {}) as Readonly<Record<string, unknown>>;
  const between = epochs ?? steps;
  assert(
    [from, to].every(Number.isFinite) &&
      Array.isArray(between) &&
      between.length === 2 &&
      between.every(Number.isFinite) &&
      between[0] < between[1] &&
      (epochs === undefined) !== (steps === undefined) &&
      Object.keys(rest).length === 0,
    `a weight is a number, or { from, to, epochs or steps: [first, second] }, got ${JSON.stringify(weight)}`,
    { where, hint: "e.g. { from: 0, to: 1, epochs: [5, 10] }" },
  );
}

function weightAt(weight: LossTerm[0], now: LossMoment): number {
  if (typeof weight === "number") return weight;
  const [[first, second], at] = "epochs" in weight ? [weight.epochs, now.epoch] : [weight.steps, now.step];
  const share = Math.min(1, Math.max(0, (at - first) / (second - first)));
  return weight.from + share * (weight.to - weight.from);
}

/** Unique ones. */
function namesOf(losses: readonly Loss[]): readonly string[] {
  const plain = losses.map(({ name }) => name);
  const twice = (name: string, names: readonly string[]) => names.indexOf(name) !== names.lastIndexOf(name);
  const withOutput = losses.map((loss) => {
    const { of } = loss.toJSON() as { readonly of?: string };
    return twice(loss.name, plain) && of !== undefined ? `${loss.name}.${of}` : loss.name;
  });
  return withOutput.map((name, n) => (twice(name, withOutput) ? `${name}.${n + 1}` : name));
}
