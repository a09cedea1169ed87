import { join } from "node:path";
import type { FitOptions, TrainEvent } from "../../../road/training/index.ts";
import { fileRunStore } from "../../node/index.ts";
import { PREVIEWS, previewName, previewPng, type TrainSettings } from "../../runs/index.ts";
import type { Output } from "../io/output.ts";
import { EventFile } from "./event-file.ts";
import type { LivePage } from "./live-page.ts";

import { addLine, writeTable } from "./run-log.ts";
import type { RunNow } from "./run-now.ts";

/** Looks on while a run goes, and may change its course. */
export interface TrainingWatch {
  readonly steer?: FitOptions["steer"];
  /** Sees each event once `now` knows it. */
  see(event: TrainEvent, now: RunNow): Promise<void>;
  /** Once, at the end. @param problem what ended the run before its end */
  close(problem?: { readonly error: unknown; readonly interrupted: boolean }): Promise<void>;
}

/** Milliseconds between two steps that TensorBoard gets. */
const BOARD_EVERY = 1000;

/**
 * Keeps a run's logs (JSON lines, CSV, where asked for TensorBoard's), pictures of a validation case, and, where asked for, a page. A log that can't be
 * written is warned of once, and ends no run: its checkpoints say so if the disk is full.
 */
export function openRunWatch(
  {
    out,
    settings,
    page,
    title,
  }: {
    readonly out: string;
    readonly settings: TrainSettings;
    readonly page: LivePage | undefined;
    readonly title: string;
  },
  output: Output,
): TrainingWatch {
  const { previews: every = 1, tensorboard = false } = settings;
  page?.show({ title, previews: join(out, PREVIEWS) });
  let board: EventFile | undefined;
  let boardAt = 0;
  let warned = false;

  const see = async (event: TrainEvent, now: RunNow): Promise<void> => {
    if (event.type === "start") {
      const { epoch, epochs, step, backend, parameters, cases } = event;
      if (tensorboard) board = await EventFile.open(out, step);
      await addLine(out, { type: "start", epoch, epochs, step, backend, parameters, cases });
    } else if (event.type === "step") {
      const at = performance.now();
      if (!board || at - boardAt < BOARD_EVERY) return;
      boardAt = at;
      await board.add({
        step: event.step,
        scalars: { ...prefixed("step", event.losses), "step/learning rate": event.learningRate },
      });
    } else if (event.type === "epoch") {
      const { example, epoch, best } = event;
      const png = example && every > 0 && epoch % every === 0 ? await previewPng(example, epoch) : undefined;
      if (png) await fileRunStore(join(out, PREVIEWS)).write(previewName(epoch), png);
      if (png) page?.addPreview(epoch);
      const record = now.history.at(-1)!;
      const { samplesPerSecond, memoryBytes } = now;
      await addLine(out, {
        type: "epoch",
        best,
        step: now.step?.step ?? 0,
        samplesPerSecond,
        memoryBytes,
        ...record,
      });
      await writeTable(out, now.history);
      const { validation: found } = record;
      await board?.add({
        step: now.step?.step ?? 0,
        scalars: {
          ...prefixed("epoch", record.losses),
          ...(found ? { [`validation/${found.name}`]: found.value } : {}),
          "epoch/learning rate": record.learningRate,
          "epoch/seconds": record.seconds,
        },
        images: png ? { validation: png } : {},
      });
    } else await addLine(out, { type: "end", reason: event.reason, epochs: event.epochs });
  };

  const safely = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!warned) output.say(`Warning: the run's logs can't be written: ${(error as Error).message}`);
      warned = true;
    }
  };

  return {
    steer:
      page &&
      ((now) => {
        const given = page.steer(now);
        if (given) safely(() => addLine(out, { type: "steer", step: now.step, ...given }));
        return given;
      }),
    async see(event, now) {
      await safely(() => see(event, now));
      page?.see(event, now);
    },
    async close(problem) {
      if (problem) {
        const type = problem.interrupted ? "interrupted" : "failed";
        const { error } = problem;
        await safely(() =>
          addLine(out, { type, message: error instanceof Error ? error.message : String(error) }),
        );
      }
    },
  };
}

function prefixed(group: string, losses: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(losses).map(([name, value]) => [`${group}/${name}`, value]));
}
