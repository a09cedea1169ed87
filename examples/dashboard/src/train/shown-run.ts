/** The run that is looked at: one of this browser, going or not, or a folder of `midash train`. Components read these signals; actions set them. */
import {
  type KeptRun,
  opfsRuns,
  type RunFolder,
  readRunFolder,
  type WorkerTrainEvent,
} from "@midash/core/worker";
import { computed, signal } from "@preact/signals";

/** A picture of a validation case. */
export interface Preview {
  readonly epoch: number;
  readonly address: string;
}

/** What is shown of a run. */
export interface ShownRun {
  readonly name: string;
  /** Kept in this browser, or a folder that somebody opened. */
  readonly kept: boolean;
  readonly folder: RunFolder | undefined;
  readonly previews: readonly Preview[];
  /** Of a folder that somebody opened, by their paths. */
  readonly files?: ReadonlyMap<string, File>;
}

/** A run that goes on now. */
export interface Going {
  readonly name: string;
  readonly epochs: number;
  readonly cases: number;
  readonly parameters: number;
  readonly backend: string;
  readonly since: number;
  /** Steps before this page went on with it. */
  readonly firstStep: number;
  readonly step: number;
  readonly epoch: number;
  readonly loss: number | undefined;
  readonly samples: number;
  readonly stopping: boolean;
}

export const runs = signal<readonly KeptRun[]>([]);
export const shownRun = signal<ShownRun | undefined>(undefined);
export const going = signal<Going | undefined>(undefined);
/** The loss of each step since this page began or went on with the run. */
export const stepLosses = signal<readonly (readonly [step: number, loss: number])[]>([]);
/** What is free of the space that the browser gives to this site, in bytes, and whether it promised to keep it. */
export const storage = signal<
  { readonly used: number; readonly quota: number; readonly kept: boolean } | undefined
>(undefined);
export const isTraining = computed(() => going.value !== undefined);

/** Reads the list of runs anew. */
export async function listRuns(): Promise<void> {
  runs.value = await opfsRuns.list();
  const { usage: used = 0, quota = 0 } = await navigator.storage.estimate();
  storage.value = { used, quota, kept: await navigator.storage.persisted() };
}

/** Shows a run that this browser keeps. */
export async function showKept(name: string): Promise<void> {
  const [folder, files] = [await opfsRuns.open(name), await opfsRuns.files(name)];
  const previews = folder.previews.flatMap(({ epoch, name: path }) => {
    const file = files.get(path);
    return file ? [{ epoch, address: URL.createObjectURL(new Blob([file], { type: "image/png" })) }] : [];
  });
  show({ name, kept: true, folder, previews });
}

/** Shows a folder that somebody dropped or chose. @throws Error when it holds no run */
export async function showFolder(given: readonly File[]): Promise<void> {
  const pathOf = (file: File) => file.webkitRelativePath || file.name;
  const mark = given
    .map(pathOf)
    .filter((path) => /(^|\/)(log\.jsonl|metrics\.json|config\.json)$/.test(path))
    .sort((a, b) => a.split("/").length - b.split("/").length)[0];
  if (mark === undefined)
    throw new Error(
      "This is no run folder: it has no log.jsonl, metrics.json or config.json. Choose the folder that midash train wrote to (--out).",
    );
  const top = mark.slice(0, mark.lastIndexOf("/") + 1);
  const files = new Map(
    given
      .filter((file) => pathOf(file).startsWith(top))
      .map((file) => [pathOf(file).slice(top.length), file]),
  );
  const folder = await readRunFolder({
    names: [...files.keys()],
    async read(name) {
      const file = files.get(name);
      return file && new Uint8Array(await file.arrayBuffer());
    },
  });
  const previews = folder.previews.map(({ epoch, name }) => ({
    epoch,
    address: URL.createObjectURL(new Blob([files.get(name)!], { type: "image/png" })),
  }));
  show({ name: top.split("/").at(-2) ?? "run", kept: false, folder, previews, files });
}

/** In the place of what was shown. */
export function show(run: ShownRun | undefined): void {
  for (const { address } of shownRun.value?.previews ?? []) URL.revokeObjectURL(address);
  stepLosses.value = [];
  pending = [];
  shownRun.value = run;
}

/** Takes in what a training tells. */
export function see(event: WorkerTrainEvent): void {
  const now = going.value;
  if (!now) return;
  if (event.type === "start") {
    const { epochs, cases, parameters, backend, epoch, step } = event;
    const since = performance.now();
    going.value = {
      ...now,
      epochs,
      cases,
      parameters,
      backend,
      since,
      firstStep: step,
      step,
      epoch: epoch + 1,
    };
  } else if (event.type === "step") {
    const { step, epoch, loss, samples } = event;
    // Speed is that of the steps: preparing the data took its own time.
    const first = now.loss === undefined ? { since: performance.now(), firstStep: step } : {};
    going.value = { ...now, ...first, step, epoch, loss, samples };
    pending.push([step, loss]);
    if (performance.now() - drawn > 250) draw();
  } else if (event.type === "epoch" && event.preview) {
    const shown = shownRun.value;
    if (shown?.name !== now.name) return;
    const address = URL.createObjectURL(
      new Blob([event.preview as Uint8Array<ArrayBuffer>], { type: "image/png" }),
    );
    shownRun.value = { ...shown, previews: [...shown.previews, { epoch: event.epoch, address }] };
  }
}

/** Steps that are not drawn yet: curves are drawn four times a second at most. */
let pending: (readonly [number, number])[] = [];
let drawn = 0;

function draw(): void {
  drawn = performance.now();
  const all = [...stepLosses.value, ...pending];
  pending = [];
  // Neighbours become their means: so many points can be drawn.
  stepLosses.value =
    all.length <= 600
      ? all
      : all.flatMap((point, n) => (n % 2 === 1 ? [] : [all[n + 1] ? mean(point, all[n + 1]!) : point]));
}

const mean = (a: readonly [number, number], b: readonly [number, number]) =>
  [Math.round((a[0] + b[0]) / 2), (a[1] + b[1]) / 2] as const;
