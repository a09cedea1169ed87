/** What is open and what was made of it. Components read these signals; actions set them. */

import type { Classification, MetricReport, Volume } from "@midash/core";
import type { ShelfVolume, WorkerFiles } from "@midash/core/worker";
import { batch, computed, signal } from "@preact/signals";
import type { ClassSum } from "./class-sums.ts";
import { resetView } from "./view.ts";

/** Values at black and white. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** An MR, where it came from, and a CT of the same head if there is one. */
export interface Study {
  readonly name: string;
  readonly mr: Volume;
  /** The MR's own window. */
  readonly range: Range;
  readonly files: WorkerFiles;
  /** Which of the files' volumes the MR is. */
  readonly index: number;
  readonly format: string;
  /** A measured CT on the MR's grid. */
  readonly ct?: Volume;
}

/** What the model made of the MR. */
export interface Made {
  readonly sct: Volume;
  readonly labels: Volume;
  readonly uncertainty: Volume | undefined;
  readonly tissues: readonly ClassSum[];
  readonly density: Classification;
  /** How far it is from the measured CT, inside the head. */
  readonly metrics?: MetricReport;
  readonly brainMl: number;
  readonly warnings: readonly string[];
  readonly backend: string;
  readonly seconds: number;
}

/** Work that goes on. */
export interface Work {
  readonly what: string;
  /** 0 to 1; undefined where it is not known. */
  readonly share: number | undefined;
  readonly since: number;
  readonly cancel: () => void;
}

/** Something that went wrong, and what to do. */
export interface Problem {
  readonly what: string;
  readonly more?: readonly string[];
}

export const study = signal<Study | undefined>(undefined);
export const made = signal<Made | undefined>(undefined);
export const work = signal<Work | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);
/** Said once to whoever listens to the page. */
export const announced = signal("");
/** Files among which somebody has to choose. */
export const choice = signal<
  { readonly files: WorkerFiles; readonly volumes: readonly ShelfVolume[] } | undefined
>(undefined);
/** What files were opened as: the browser's own. */
export const givenFiles = new WeakMap<WorkerFiles, readonly File[]>();
export const busy = computed(() => work.value !== undefined);

/** Opens an MR: whatever was shown of another is gone. */
export function show(opened: Study): void {
  batch(() => {
    if (study.value && study.value.files !== opened.files) study.value.files.dispose();
    study.value = opened;
    made.value = undefined;
    problem.value = undefined;
    choice.value = undefined;
    resetView(opened.mr);
  });
}

/** Forgets all that is open. */
export function close(): void {
  batch(() => {
    study.value?.files.dispose();
    study.value = undefined;
    made.value = undefined;
    choice.value = undefined;
  });
}
