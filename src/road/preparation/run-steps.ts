import { throwIfAborted } from "../../base/errors/index.ts";
import type { Grid } from "../../imaging/volume/index.ts";
import type { Outputs } from "./outputs.ts";
import type { Step, StepContext } from "./step.ts";
import type { Subject } from "./subject.ts";

/** What the way forward leaves: the subject at its end, and the grids on the way, which is all that the way back needs. */
export interface Forwarded {
  readonly subject: Subject;
  /** Of the subject before each step. */
  readonly grids: readonly Grid[];
}

/**
 * Runs steps in list order. Subjects in between are not kept.
 *
 * @param watch sees each subject, with the number of steps that made it
 * @throws MidashError `aborted`, and what the steps throw
 */
export async function forwardSteps(
  steps: readonly Step[],
  subject: Subject,
  context: StepContext = {},
  watch: (subject: Subject, done: number) => void = () => undefined,
): Promise<Forwarded> {
  const grids: Grid[] = [];
  watch(subject, 0);
  for (const step of steps) {
    throwIfAborted(context.signal);
    const { shape, affine } = subject.grid; // not the volume that it may be
    grids.push({ shape, affine });
    subject = await step.forward(subject, context);
    watch(subject, grids.length);
  }
  return { subject, grids };
}

/**
 * Takes a model's outputs back through steps, in reverse order.
 *
 * @param grids what {@link forwardSteps} gave for these steps
 */
export async function backwardSteps(
  steps: readonly Step[],
  outputs: Outputs,
  grids: readonly Grid[],
  context: StepContext = {},
): Promise<Outputs> {
  for (let n = steps.length - 1; n >= 0; n--) {
    throwIfAborted(context.signal);
    outputs = (await steps[n]!.backward?.(outputs, grids[n]!, context)) ?? outputs;
  }
  return outputs;
}

/** The grid on which a subject on `grid` comes out of the steps, without running them. */
export function gridAfter(steps: readonly Step[], grid: Grid): Grid {
  return steps.reduce((now, step) => step.gridAfter?.(now) ?? now, grid);
}
