/** The MR to a synthetic CT, its classes, and what there is of each. */
import type { Volume } from "@midash/core";
import { batch } from "@preact/signals";
import { classSums } from "./class-sums.ts";
import { early, emptyLike, take } from "./early.ts";
import { device, leaveCard, theHead, theReader } from "./engine.ts";
import { isCancelled, working } from "./failures.ts";
import { measuredBy } from "./measuring.ts";
import { announced, type Made, made, study } from "./study.ts";
import { shown, voxelIn } from "./view.ts";

/** @param uncertainty also how sure the model is; takes four times as long */
export async function synthesize({ uncertainty }: { readonly uncertainty: boolean }): Promise<void> {
  const opened = study.value;
  if (!opened) return;
  const { mr, name } = opened;
  const since = performance.now();
  const before = shown.value;
  try {
    await working("Making the synthetic CT", async (signal, progress) => {
      const empty = emptyLike(mr);
      const result = await (await theHead()).synthesize(mr, {
        uncertainty,
        signal,
        name,
        onProgress: ({ done, total }) => progress((0.95 * done) / total),
        first: voxelIn(mr),
        async onPart(part) {
          const whole = await empty;
          if (signal.aborted || study.value?.mr !== mr || made.value) return;
          batch(() => {
            if (!early.value && shown.value === before) shown.value = "sct";
            take(whole, part, since);
          });
        },
      });
      await showMade(mr, result, signal);
    });
  } catch (error) {
    if (device.value !== "card" || isCancelled(error)) throw error;
    leaveCard();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The graphics card could not do it: ${why}. The processor is chosen again: press “Make a synthetic CT” once more.`,
    );
  } finally {
    batch(() => {
      early.value = undefined;
      if (!made.value && shown.value === "sct") shown.value = "mr";
    });
  }
}

/** Shows what was made of the MR, with its classes counted. */
export async function showMade(
  mr: Volume,
  result: Omit<Made, "tissues" | "density">,
  signal: AbortSignal,
): Promise<void> {
  const { sct, labels } = result;
  const density = await (await theReader()).classify(sct, { mask: labels, signal });
  const tissues = await classSums(labels, sct, labels.meta.classes as readonly string[]);
  if (study.value?.mr !== mr) return; // another was opened meanwhile
  batch(() => {
    made.value = { ...result, density, tissues };
    shown.value = "sct";
  });
  await compare(signal);
  announced.value = `The synthetic CT is ready, made in ${Math.round(result.seconds)} seconds.`;
}

/** Measures the synthetic CT against the measured one, where both are there. */
export async function compare(signal: AbortSignal): Promise<void> {
  const { value: result } = made;
  const { value: opened } = study;
  if (!result || !opened?.ct) return;
  const metrics = await (await theReader()).evaluate(result.sct, opened.ct, {
    ...measuredBy(result, opened.ct),
    signal,
  });
  if (made.value === result) made.value = { ...result, metrics };
}
