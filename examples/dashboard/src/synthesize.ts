/** The MR to a synthetic CT, its classes, and what there is of each. */
import { batch } from "@preact/signals";
import { classSums } from "./class-sums.ts";
import { theHead, theWorker } from "./engine.ts";
import { working } from "./failures.ts";
import { announced, made, study } from "./study.ts";
import { shown } from "./view.ts";

/** @param uncertainty also how sure the model is; takes four times as long */
export async function synthesize({ uncertainty }: { readonly uncertainty: boolean }): Promise<void> {
  const opened = study.value;
  if (!opened) return;
  await working("Making the synthetic CT", async (signal, progress) => {
    const result = await (await theHead()).synthesize(opened.mr, {
      uncertainty,
      signal,
      name: opened.name,
      onProgress: ({ done, total }) => progress((0.95 * done) / total),
    });
    const { sct, labels } = result;
    const density = await (await theWorker()).classify(sct, { mask: labels, signal });
    const tissues = await classSums(labels, sct, labels.meta.classes as readonly string[]);
    if (study.value?.mr !== opened.mr) return; // another was opened meanwhile
    batch(() => {
      made.value = { ...result, density, tissues };
      shown.value = "sct";
    });
    await compare(signal);
    announced.value = `The synthetic CT is ready, made in ${Math.round(result.seconds)} seconds.`;
  });
}

/** Measures the synthetic CT against the measured one, where both are there. */
export async function compare(signal: AbortSignal): Promise<void> {
  const { value: result } = made;
  const ct = study.value?.ct;
  if (!result || !ct) return;
  const mask = result.labels.with({ meta: {} });
  const metrics = await (await theWorker()).evaluate(result.sct, ct, {
    preset: "synthrad2023",
    mask,
    signal,
  });
  if (made.value === result) made.value = { ...result, metrics };
}
