import { assert } from "../../../base/errors/index.ts";
import type { TrainBatch } from "../../../networks/models/index.ts";
import type { Case } from "../case.ts";
import type { BatchContext, BatchSourceType, EpochOptions } from "./batch-source.ts";
import type { Drawn, DrawnSample } from "./loader.ts";
import { cutBatches, samplesOf } from "./sample-stream.ts";
import { hasInputs, hasTargets } from "./training-case.ts";

/**
 * Inputs of one case with targets of another, both in random order: for models that learn without pairs. Cases may have inputs alone or targets
 * alone. A pass takes each input once; targets are gone through again and again.
 */
export const unpaired: BatchSourceType = {
  name: "unpaired",
  open(context) {
    const withInputs = context.cases.filter(hasInputs);
    const withTargets = context.cases.filter(hasTargets);
    for (const [what, cases] of [
      ["inputs", withInputs],
      ["targets", withTargets],
    ] as const)
      assert(cases.length > 0, `no training case has ${what}`, { where: "unpaired batches" });
    return { epoch: (epoch, options) => epochOf(context, withInputs, withTargets, epoch, options) };
  },
};

async function* epochOf(
  context: BatchContext,
  withInputs: readonly Case[],
  withTargets: readonly Case[],
  epoch: number,
  options: EpochOptions = {},
): AsyncGenerator<TrainBatch> {
  const { signal } = options;
  const groupBytes = context.groupBytes / 2; // each side has its own group in memory
  const targets = withoutEnd((n) =>
    samplesOf(context, withTargets, { pass: `targets/${epoch}/${n}`, groupBytes, signal }),
  );
  async function* pass(n: number): AsyncGenerator<readonly DrawnSample[]> {
    const inputs = samplesOf(context, withInputs, { pass: `inputs/${epoch}/${n}`, groupBytes, signal });
    for await (const drawn of inputs) {
      const samples: DrawnSample[] = [];
      for (const one of drawn) {
        const other = (await targets.next()).value;
        assert(other, "no slice of the training part has a target to learn from", {
          where: "unpaired batches",
        });
        samples.push({ input: one, targets: other, key: `${epoch}/${n}/${one.from.id}/${one.place}` });
      }
      yield samples;
    }
  }
  yield* cutBatches(context, options, pass);
}

/** Samples of pass after pass, as long as a pass has any. */
async function* withoutEnd(
  pass: (n: number) => AsyncIterable<readonly Drawn[]>,
): AsyncGenerator<Drawn, undefined> {
  for (let n = 0, found = true; found; n++) {
    found = false;
    for await (const drawn of pass(n)) {
      found = true;
      yield* drawn;
    }
  }
  return undefined;
}
