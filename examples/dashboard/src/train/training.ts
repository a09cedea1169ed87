/** What a visitor does with runs: begins one, pauses it, goes on, saves and deletes. */
import {
  type MidashWorker,
  openWorker,
  opfsRuns,
  type WorkerTraining,
  type WorkerTrainSettings,
} from "@midash/core/worker";
import { batch } from "@preact/signals";
import { download } from "../save.ts";
import { announced, problem } from "../study.ts";
import { going, listRuns, see, show, showKept, shownRun } from "./shown-run.ts";

/** A worker of its own: images can be looked at while it trains. */
let worker: Promise<MidashWorker> | undefined;
let training: WorkerTraining | undefined;

function theTrainer(): Promise<MidashWorker> {
  worker ??= openWorker();
  worker.catch(() => (worker = undefined));
  return worker;
}

/** Begins a run, or goes on with it. Resolves when it ends or pauses. */
export async function train(
  name: string,
  task: {
    readonly settings?: WorkerTrainSettings;
    readonly files?: readonly File[];
    readonly resume?: boolean;
  },
): Promise<void> {
  const { settings, files, resume = false } = task;
  if (!resume && (await opfsRuns.files(name)).size > 0)
    throw new Error(`There is a run "${name}" in this browser: give the new one another name.`);
  batch(() => {
    problem.value = undefined;
    if (!resume || shownRun.value?.name !== name) show({ name, kept: true, folder: undefined, previews: [] });
    going.value = {
      ...{ name, epochs: settings?.epochs ?? 0, cases: 0, parameters: 0, backend: "", loss: undefined },
      ...{ since: performance.now(), firstStep: 0, step: 0, epoch: 0, samples: 0, stopping: false },
    };
  });
  announced.value = `${name}: training begins.`;
  void navigator.storage.persist(); // asks that runs are not cleared when space is short
  try {
    training = await (await theTrainer()).training({ run: name, settings, files });
    if (going.value?.stopping) return;
    let reason = "";
    for await (const event of training.fit({ resume })) {
      see(event);
      if (event.type === "start") await listRuns();
      if (event.type === "epoch" || event.type === "start") await refresh(name);
      if (event.type === "end") reason = event.reason;
    }
    announced.value = `${name}: ${reason === "stopped" ? "paused" : "training has ended"}.`;
  } finally {
    training?.dispose();
    training = undefined;
    going.value = undefined;
    await listRuns();
    if (shownRun.value?.name === name)
      if ((await opfsRuns.files(name)).size > 0) await showKept(name);
      else show(undefined);
  }
}

/** Numbers of the run's folder anew; the pictures are there already. */
async function refresh(name: string): Promise<void> {
  const folder = await opfsRuns.open(name);
  const shown = shownRun.value;
  if (shown?.name === name && shown.kept) shownRun.value = { ...shown, folder };
}

/** Stops before the next step, with a checkpoint. */
export function pause(): void {
  if (!going.value) return;
  going.value = { ...going.value, stopping: true };
  training?.stop();
}

/** Goes on with a run that this browser keeps. @param files the same pairs again, where it learns from files */
export async function goOn(name: string, files?: readonly File[]): Promise<void> {
  const { settings } = await opfsRuns.open(name);
  await train(name, { settings: settings as WorkerTrainSettings, files, resume: true });
}

/** The best model so far, for Node and for this page. */
export async function saveModel(name: string): Promise<void> {
  const files = await opfsRuns.files(name);
  const file = files.get("model.safetensors") ?? files.get("best.safetensors");
  if (!file) throw new Error("There is no model yet: the first epoch has not ended.");
  const bytes = new Uint8Array(await file.arrayBuffer());
  download({ name: `${name}.safetensors`, type: "application/octet-stream", bytes });
}

/** All files of the run, to go on with in Node: midash train phantom --resume --out FOLDER. */
export async function saveFolder(name: string): Promise<void> {
  const { zipSync } = await import("fflate");
  const entries = [...(await opfsRuns.files(name))].map(
    async ([path, file]) => [`${name}/${path}`, new Uint8Array(await file.arrayBuffer())] as const,
  );
  const bytes = zipSync(Object.fromEntries(await Promise.all(entries)), { level: 0 });
  download({ name: `${name}.zip`, type: "application/zip", bytes });
}

/** Keeps a copy of the opened folder in this browser, where it can go on. */
export async function keepCopy(): Promise<void> {
  const { name, files } = shownRun.value!;
  const visible = [...files!].filter(([path]) => !/(^|\/)\./.test(path));
  await opfsRuns.add(name, new Map(visible));
  await listRuns();
  await showKept(name);
  announced.value = `${name} is kept in this browser.`;
}

/** Deletes a run with all its files. */
export async function removeRun(name: string): Promise<void> {
  await opfsRuns.remove(name);
  if (shownRun.value?.name === name && shownRun.value.kept) show(undefined);
  await listRuns();
  announced.value = `${name} was deleted.`;
}
