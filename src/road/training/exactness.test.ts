import { describe, expect, test } from "vitest";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs } from "../../../test/support/toy-run.ts";
import { cpu, wasm } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { augmentations } from "../data/index.ts";
import { Registry } from "../plugin/index.ts";
import type { TrainerOptions } from "./options.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import { Trainer } from "./trainer.ts";

/** Same seed, same machine, same backend: the same bits, whatever else the process does. */
describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("on %s", (_name, backend) => {
  async function run(options: Partial<TrainerOptions> = {}) {
    const store = memoryRunStore();
    const trainer = new Trainer({
      model: UNet({ baseFilters: 2, levels: 2 }),
      backend: backend(),
      learningRate: 0.01,
      batchSize: 4,
      epochs: 2,
      augmentations: [augmentations.flip(), augmentations.intensity()],
      seed: 5,
      store,
      ...options,
    });
    for await (const _ of trainer.fit(discs));
    const read = async (name: string) => (await store.read(name))!;
    return { last: await read("last.safetensors"), best: await read("best.safetensors") };
  }
  const bare = ({ last, best }: { last: Uint8Array; best: Uint8Array }) => [
    withoutTimes(last),
    withoutTimes(best),
  ];

  test("two runs of one seed are equal but for times, and those differ", async () => {
    const [a, b, other] = [await run(), await run(), await run({ seed: 6 })];
    expect(bare(b)).toEqual(bare(a));
    expect(b.last).not.toEqual(a.last);
    expect(withoutTimes(other.last).tensors).not.toEqual(withoutTimes(a.last).tensors);
  });

  test("a run is not changed by others that go on in between, on this backend or another", async () => {
    const alone = bare(await run());
    const [one, two] = await Promise.all([
      run(),
      run({ seed: 9, model: UNet({ baseFilters: 3, levels: 2, norm: "batch" }), batchSize: 2 }),
      run({ seed: 10, backend: cpu() }),
    ]);
    expect(bare(one!)).toEqual(alone);
    expect(bare(two!)).not.toEqual(alone);
  });

  test("nor by the room for cases, as long as all of them fit", async () => {
    const [small, large] = [await run({ memory: 2 ** 20 }), await run({ memory: 2 ** 31 })];
    // The checkpoint names the setting, so only the model file is equal.
    expect(withoutTimes(small.best)).toEqual(withoutTimes(large.best));
    expect(withoutTimes(small.last).tensors).toEqual(withoutTimes(large.last).tensors);
  });
});

/** Torn off in its second epoch and resumed, each model that ships ends with the bits of an unbroken run. */
test.each(
  new Registry().models
    .filter(({ part }) => part.definition.trainable !== false)
    .map(({ name, part }) => [name, part] as const),
)("%s resumes exactly", async (_name, factory) => {
  const small = Object.entries({ baseFilters: 4, levels: 2, discriminatorFilters: 4 });
  const known = Object.keys(factory.definition.options);
  const config = Object.fromEntries(small.filter(([key]) => known.includes(key)));
  const trainer = (store: RunStore) =>
    new Trainer({
      model: factory(config),
      backend: wasm(),
      batchSize: 4,
      epochs: 2,
      augmentations: [augmentations.flip()],
      store,
    });
  const [whole, broken] = [memoryRunStore(), memoryRunStore()];
  for await (const _ of trainer(whole).fit(discs));
  for await (const event of trainer(broken).fit(discs)) if (event.type === "step" && event.epoch === 2) break;
  for await (const event of trainer(broken).fit(discs, { resume: true }))
    if (event.type === "start") expect(event.epoch).toBe(1);
  for (const name of ["last.safetensors", "best.safetensors"]) {
    const [wanted, got] = [await whole.read(name), await broken.read(name)];
    expect(withoutTimes(got!), name).toEqual(withoutTimes(wanted!));
  }
});
