import { type Batch, channelsOf, type OutputSpec, outputChannels } from "../../../networks/models/index.ts";
import { type Check, hold } from "../checks.ts";
import { changed, copyOf, difference, distance, listed, ROUNDING } from "../compare.ts";
import { inputBatch } from "./data.ts";
import type { ModelLab } from "./lab.ts";

/** Of a model that is asked. */
export const PREDICT_CHECKS = [
  {
    name: "predictShape",
    needs: ["create", "samples"],
    async run(lab) {
      const model = await lab.create();
      const sizes = [lab.smallest, lab.size(1), lab.size(1, 2), lab.size(2, 1)];
      for (const size of sizes)
        for (const n of [1, 2]) {
          const batch = inputBatch(lab.spec.input, n, size);
          assertOutput(await lab.predict(model, batch), batch, outputChannels(lab.spec.outputs));
        }
      return `batches of 1 and 2 samples of ${sizes.map((s) => s.join("×")).join(", ")}`;
    },
  },
  {
    name: "predictKeepsInput",
    needs: ["predictShape"],
    async run(lab) {
      const batch = inputBatch(lab.spec.input, 2, lab.size(1));
      const before = structuredClone(batch);
      await lab.predict(await lab.create(), batch);
      const between = difference({ input: batch }, { input: before }, true);
      hold(
        between === undefined,
        "predict to leave its input as it was",
        between ?? "",
        "write into arrays of your own",
      );
      return "the input is as it was";
    },
  },
  {
    name: "predictKeepsWeights",
    needs: ["predictKeepsInput", "weights"],
    async run(lab) {
      const model = await lab.create();
      const before = await lab.weights(model);
      await lab.predict(model, inputBatch(lab.spec.input, 2, lab.size(1)));
      const names = changed(before, await lab.weights(model));
      hold(
        names.length === 0,
        "predict to leave the weights as they were",
        `${listed(names)} changed`,
        "change weights (running statistics too) in trainStep alone",
      );
      return "the weights are as they were";
    },
  },
  {
    name: "predictRepeats",
    needs: ["predictKeepsInput", "predictKeepsWeights"],
    async run(lab) {
      const model = await lab.create();
      const batch = inputBatch(lab.spec.input, 2, lab.size(1));
      const first = copyOf({ output: await lab.predict(model, batch) });
      const between = difference(first, { output: await lab.predict(model, batch) }, lab.exact);
      hold(
        between === undefined,
        "the same output from the same input and the same `random`",
        between ?? "",
        "draw from options.random(sample) of predict alone: no Math.random, no random op of tf without a seed",
      );
      return lab.exact ? "bit for bit" : `to ${ROUNDING}, on a backend that promises no more`;
    },
  },
  {
    name: "predictBatchIndependent",
    needs: ["predictRepeats"],
    async run(lab) {
      const model = await lab.create();
      const batch = inputBatch(lab.spec.input, 3, lab.size(1));
      const together = (await lab.predict(model, batch)).data.slice();
      let worst = 0;
      for (let n = 0; n < 3; n++) {
        const alone = await lab.predict(model, sampleOf(batch, n), n);
        const length = together.length / 3;
        worst = Math.max(worst, distance(alone.data, together.subarray(n * length, (n + 1) * length)));
      }
      hold(
        worst <= ROUNDING,
        `a sample to give the same alone and in a batch, up to ${ROUNDING} of the largest value`,
        `a difference of ${worst.toPrecision(2)}`,
        "use no statistics over the batch in predict, and draw for sample n from options.random(n)",
      );
      return `largest difference ${worst.toPrecision(2)}, allowed ${ROUNDING}`;
    },
  },
  {
    name: "predictRange",
    needs: ["predictShape"],
    async run(lab) {
      const ranges = channelRanges(lab.spec.outputs);
      if (ranges.every((range) => range === undefined)) return { skipped: "no output has a range" };
      const model = await lab.create();
      const batch = inputBatch(lab.spec.input, 2, lab.size(1));
      const lengths: number[] = [];
      for (const scale of [1, -30, 1000]) {
        const { data } = await lab.predict(model, { ...batch, data: batch.data.map((v) => v * scale) });
        const outside = data.findIndex((v, i) => {
          const [low, high] = ranges[i % ranges.length] ?? [
            Number.NEGATIVE_INFINITY,
            Number.POSITIVE_INFINITY,
          ];
          return !(v >= low && v <= high);
        });
        hold(
          outside < 0,
          `values within each output's range, for inputs scaled by ${scale} too`,
          `${data[outside]} in channel ${outside % ranges.length}`,
          "end in an activation with that range, or leave `range` out",
        );
        lengths.push(data.length);
      }
      return `${lengths.reduce((a, b) => a + b, 0)} values within their ranges`;
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];

function assertOutput(output: Batch, input: Batch, channels: number): void {
  const expected = [...input.shape.slice(0, -1), channels];
  hold(
    String(output.shape) === String(expected) && output.data.length === expected.reduce((a, b) => a * b, 1),
    `[${expected.join(", ")}] for an input of [${input.shape.join(", ")}]`,
    `[${output.shape.join(", ")}] with ${output.data.length} values`,
    "predict gives the channels of all outputs for each sample, of the same size",
  );
  const bad = output.data.find((v) => !Number.isFinite(v));
  hold(bad === undefined, "finite values", String(bad), "look for a division by 0 or a logarithm of 0");
}

/** Sample n as a batch of its own. */
function sampleOf(batch: Batch, n: number): Batch {
  const length = batch.data.length / batch.shape[0]!;
  return {
    ...batch,
    data: batch.data.slice(n * length, (n + 1) * length),
    shape: [1, ...batch.shape.slice(1)],
  };
}

/** What each channel may hold; probabilities lie in 0 to 1, up to rounding. */
function channelRanges(outputs: readonly OutputSpec[]): (readonly [number, number] | undefined)[] {
  return outputs.flatMap((output) => {
    const range =
      output.kind === "ct" ? output.range : output.kind === "labels" ? ([0, 1 + 1e-5] as const) : undefined;
    return Array.from({ length: channelsOf(output) }, () => range);
  });
}
