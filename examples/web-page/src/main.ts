import {
  type DisplayWindow,
  decodeVolume,
  displayWindow,
  encodeVolume,
  MidashError,
  sliceImage,
  type Volume,
} from "@midash/core";
import { openWorker, type WorkerHead } from "@midash/core/worker";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [file, axis, slice, ctWindow] = [
  element<HTMLInputElement>("file"),
  element<HTMLSelectElement>("axis"),
  element<HTMLInputElement>("slice"),
  element<HTMLSelectElement>("window"),
];
const [make, cancel] = [element<HTMLButtonElement>("make"), element<HTMLButtonElement>("cancel")];
const [bar, download, status] = [
  element<HTMLProgressElement>("progress"),
  element<HTMLButtonElement>("download"),
  element("status"),
];

let mr: Volume | undefined;
let mrWindow: DisplayWindow | undefined;
let sct: Volume | undefined;
let running: AbortController | undefined;
let head: Promise<WorkerHead> | undefined;
/** Said beside the progress, for without WebAssembly it stands still for long. */
let slow = "";

/** The model of heads, in a worker: made by the first click, kept for the next. */
function theHead(): Promise<WorkerHead> {
  head ??= openWorker().then(async (worker) => {
    slow = worker.passedOver
      .map(({ backend, reason }) => ` Slow: ${backend} can't run here (${reason}).`)
      .join("");
    try {
      return await worker.head();
    } catch (error) {
      worker.dispose(); // the next click opens another
      throw error;
    }
  });
  head.catch(() => (head = undefined));
  return head;
}

function say(what: string): void {
  status.textContent = what;
}

/** Draws one picture, or clears it. */
function draw(name: "mr" | "sct", volume: Volume | undefined, window: DisplayWindow | undefined): void {
  const canvas = element<HTMLCanvasElement>(name);
  const context = canvas.getContext("2d");
  if (!volume) {
    context?.clearRect(0, 0, canvas.width, canvas.height);
    element(`${name}-caption`).textContent = "";
    return;
  }
  const image = sliceImage(volume, { axis: axis.value as "axial", index: Number(slice.value), window });
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.style.aspectRatio = String((image.width * image.pixel[0]) / (image.height * image.pixel[1]));
  context?.putImageData(new ImageData(image.data, image.width), 0, 0);
  const learnt = image.trainedOn === undefined ? "" : ` by a model trained on ${image.trainedOn}`;
  const what = name === "mr" ? "MR" : `Synthetic CT${learnt}`;
  const made = image.simulated ? " (simulated)" : "";
  element(`${name}-caption`).textContent =
    `${what}${made}: ${image.edges.left} is left, ${image.edges.top} is up, ${image.position.toFixed(1)} mm`;
}

function show(): void {
  draw("mr", mr, mrWindow);
  draw("sct", sct, ctWindow.value === "wide" ? undefined : (ctWindow.value as "bone"));
}

/** As many slices as the view has, the middle one first. */
function newView(): void {
  if (!mr) return;
  const { count } = sliceImage(mr, { axis: axis.value as "axial", window: mrWindow });
  slice.max = String(count - 1);
  slice.value = String(Math.floor(count / 2));
  show();
}

async function read(chosen: File | undefined): Promise<void> {
  if (!chosen) return;
  running?.abort();
  // What was shown and could be saved is of another file: gone, also if this one is no MR.
  [mr, sct] = [undefined, undefined];
  [make.disabled, download.disabled] = [true, true];
  show();
  mr = await decodeVolume(await chosen.arrayBuffer(), { name: chosen.name });
  mrWindow = displayWindow(mr); // percentiles of all voxels: once is enough
  make.disabled = false;
  say(`${chosen.name}: ${mr.shape.join("×")} voxels`);
  newView();
}

async function synthesize(): Promise<void> {
  if (!mr) return;
  const control = new AbortController();
  running = control;
  [make.disabled, cancel.disabled, bar.hidden] = [true, false, false];
  const started = performance.now();
  try {
    const result = await (await theHead()).synthesize(mr, {
      signal: control.signal,
      onProgress({ done, total }) {
        bar.value = done / total;
        say(
          `${Math.round((100 * done) / total)} %, ${Math.round((performance.now() - started) / 1000)} s${slow}`,
        );
      },
    });
    if (control.signal.aborted) return; // another file was chosen meanwhile
    sct = result.sct;
    download.disabled = false;
    say([`Made on ${result.backend} in ${Math.round(result.seconds)} s.`, ...result.warnings].join(" "));
    show();
  } finally {
    [make.disabled, cancel.disabled, bar.hidden] = [!mr, true, true];
    if (running === control) running = undefined;
  }
}

async function save(): Promise<void> {
  if (!sct) return;
  const bytes = await encodeVolume(sct, { format: "nifti", gzip: true });
  const link = document.createElement("a");
  link.download = "sct.nii.gz";
  link.href = URL.createObjectURL(new Blob([bytes as BlobPart], { type: "application/gzip" }));
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Errors of the library say what is wrong and what to do, in one line. */
const reported = (work: () => Promise<void>) => () =>
  void work().catch((error: Error) => say(isCancelled(error) ? "Cancelled." : error.message));

const isCancelled = (error: Error) => MidashError.is(error) && error.kind === "aborted";

file.addEventListener(
  "change",
  reported(() => read(file.files?.[0])),
);
make.addEventListener("click", reported(synthesize));
download.addEventListener("click", reported(save));
cancel.addEventListener("click", () => running?.abort());
axis.addEventListener("change", newView);
for (const input of [slice, ctWindow]) input.addEventListener("input", show);
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  reported(() => read(event.dataTransfer?.files[0]))();
});
