/** What a model takes by itself: the Trainer on one batch of one patient of a cache, again and again. Used by cohort.mjs: one-batch.mjs CACHE FLAGS. */
import { parseArgs } from "node:util";
import { wasm } from "../../dist/backends/wasm.js";
import { Dataset, Random, Trainer, UNet } from "../../dist/index.js";
import { openCache } from "../../dist/node/index.js";

const [cache, flags] = process.argv.slice(2);
const { values } = parseArgs({
  args: JSON.parse(flags),
  strict: false,
  options: Object.fromEntries(
    ["steps-per-epoch", "batch-size", "base-filters", "levels"].map((name) => [name, { type: "string" }]),
  ),
});
const number = (name) => Number(values[name]);
const { dataset, preparation } = await openCache(cache);
const batchSize = number("batch-size");
const repeated = {
  name: "repeated",
  open: (context) => ({
    async *epoch() {
      const from = await context.prepare(context.cases[0]);
      const places = (await from.places(new Random(1))).slice(0, batchSize);
      const drawn = places.map((place) => ({
        input: { from, place },
        targets: { from, place },
        key: `${place}`,
      }));
      const { batch } = await context.cut(drawn);
      for (let step = 0; step < context.stepsPerEpoch; step++) yield batch;
    },
  }),
};
const trainer = new Trainer({
  model: UNet({ baseFilters: number("base-filters"), levels: number("levels") }),
  backend: wasm(),
  sampler: preparation.sampler,
  batches: repeated,
  batchSize,
  epochs: 1,
  stepsPerEpoch: number("steps-per-epoch"),
});
const one = new Dataset({ train: dataset.train.slice(0, 1), validation: [], test: [] }, dataset);
for await (const event of trainer.fit(one)) if (event.type === "epoch") console.log(event.type);
