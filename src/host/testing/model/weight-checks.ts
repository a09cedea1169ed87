import type { NamedArray, NamedArrays } from "../../../networks/learning/index.ts";
import { isTrainable } from "../../../networks/models/index.ts";
import { type Check, hold } from "../checks.ts";
import { difference, listed } from "../compare.ts";
import { inputBatch } from "./data.ts";
import type { ModelLab } from "./lab.ts";

/** Of making a model, and of the weights that it gives and takes. */
export const WEIGHT_CHECKS = [
  {
    name: "create",
    async run(lab) {
      const model = await lab.create();
      for (const method of ["predict", "weights", "dispose"] as const)
        hold(
          typeof model?.[method] === "function",
          `create to give a model with ${method}()`,
          "none",
          "see the interface Model",
        );
      const { state, restore } = model as { state?: unknown; restore?: unknown };
      hold(
        (state === undefined) === (restore === undefined),
        "state() and restore() both, or neither",
        state ? "state() alone" : "restore() alone",
        "what one saves the other must take back",
      );
      return isTrainable(model) ? "a TrainableModel" : "a Model that can only be asked";
    },
  },
  {
    name: "weights",
    needs: ["create"],
    async run(lab) {
      const weights = Object.entries(await lab.weights(await lab.create()));
      for (const [name, { data, shape }] of weights) {
        hold(
          name !== "" && name !== "__metadata__",
          "weights to have names",
          JSON.stringify(name),
          "choose another (model files can't store this one)",
        );
        hold(data instanceof Float32Array, `"${name}" to be a Float32Array`, typeof data, "see NamedArray");
        const count = shape.reduce((a, b) => a * b, 1);
        hold(
          data.length === count && shape.every((n) => Number.isInteger(n) && n > 0),
          `"${name}" of shape [${shape.join(", ")}] to have ${count} values`,
          String(data.length),
          "give data and shape of the same tensor",
        );
        const bad = data.find((v) => !Number.isFinite(v));
        hold(bad === undefined, `"${name}" to be finite`, String(bad), "mend the initial weights");
      }
      const count = weights.reduce((n, [, { data }]) => n + data.length, 0);
      return `${weights.length} arrays, ${count} parameters`;
    },
  },
  {
    name: "seededWeights",
    needs: ["create", "weights"],
    async run(lab) {
      const of = async (seed: number) => lab.weights(await lab.create({ seed }));
      const [first, again, other] = [await of(1), await of(1), await of(2)];
      const between = difference(first, again, true);
      hold(
        between === undefined,
        "the same initial weights from the same `random`",
        between ?? "",
        "draw them from `random` of create's options, never from Math.random",
      );
      const drawn = Object.keys(first).filter((name) => new Set(first[name]!.data).size > 1);
      if (drawn.length === 0) return "all weights begin as constants";
      hold(
        difference(first, other, true) !== undefined,
        "other initial weights from another `random`",
        `the same, ${listed(drawn)} included`,
        "draw them from `random` of create's options",
      );
      return "the same from the same seed, others from another";
    },
  },
  {
    name: "restoredWeights",
    needs: ["create", "weights", "predictRepeats"],
    async run(lab) {
      const batch = inputBatch(lab.spec.input, 2, lab.size(1));
      const model = await lab.create({ seed: 1 });
      const weights = await lab.weights(model);
      const expected = await lab.predict(model, batch);
      const again = await lab.create({ seed: 2, weights });
      const todo = "begin from `weights` when create is given them, all of them";
      const kept = difference(weights, await lab.weights(again), true);
      hold(kept === undefined, "create({ weights }) to keep the weights", kept ?? "", todo);
      const { data, shape } = await lab.predict(again, batch);
      const between = difference({ output: { data, shape } }, { output: expected }, lab.exact);
      hold(between === undefined, "create({ weights }) to predict the same", between ?? "", todo);
      return `the same model again${lab.exact ? ", bit for bit" : ""}`;
    },
  },
  {
    name: "wrongWeights",
    needs: ["create", "weights"],
    async run(lab) {
      const weights = await lab.weights(await lab.create());
      const [name] = Object.keys(weights);
      if (name === undefined) return { skipped: "the model has no weights" };
      const last = Object.keys(weights).at(-1)!;
      const { [last]: gone, ...missing } = weights;
      const longer: NamedArray = {
        data: new Float32Array(gone!.data.length + 1),
        shape: [gone!.data.length + 1],
      };
      const wrong: Readonly<Record<string, NamedArrays>> = {
        [`without "${last}"`]: missing,
        'with a surplus "surplus.weight"': { ...weights, "surplus.weight": weights[name]! },
        [`with "${last}" of shape [${longer.shape.join(", ")}]`]: { ...weights, [last]: longer },
      };
      await lab.dispose();
      const before = await lab.tensors();
      for (const [what, given] of Object.entries(wrong)) {
        const taken = await lab.create({ weights: given }).then(
          () => true,
          () => false,
        );
        hold(!taken, `weights ${what} to be refused`, "they were taken", "check names and shapes in create");
        const left = (await lab.tensors()) - before;
        hold(
          left === 0,
          `no tensors to be left of weights ${what}, which are refused`,
          `${left} tensors`,
          "check all names and shapes before making tensors",
        );
      }
      return "missing, surplus and misshapen weights are refused";
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];
