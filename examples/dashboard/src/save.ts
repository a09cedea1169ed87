/** Results as files. */

import { backendName, theReader } from "./engine.ts";
import { working } from "./failures.ts";
import { densityName, tissueName } from "./parts/class-names.ts";
import { fileName, type Saved } from "./saved.ts";
import { announced, type Made, made, study } from "./study.ts";
import { shown } from "./view.ts";

/** Gives files to whoever sits before the page. */
export function download({ name, type, bytes }: Saved): void {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  announced.value = `${name} was saved.`;
}

/** The synthetic CT, its tissues or its densities as NIfTI. */
export async function saveNifti(which: "sct" | "tissues" | "densities"): Promise<void> {
  const result = made.value!;
  const volume = { sct: result.sct, tissues: result.labels, densities: result.density.labels }[which];
  const bytes = await working("Writing NIfTI", async (signal) =>
    (await theReader()).encode(volume, { format: "nifti", gzip: true, signal }),
  );
  download({ name: fileName(study.value!.name, which, ".nii.gz"), type: "application/gzip", bytes });
}

/** The synthetic CT as a DICOM series beside the MR's, in one zip file. */
export async function saveDicom(): Promise<void> {
  const { files, index, name } = study.value!;
  const { sct } = made.value!;
  const zipped = await working("Writing DICOM", async (signal) => {
    const series = await files.ctSeries(sct, index, { model: "head", signal });
    const { zipSync } = await import("fflate");
    return zipSync(Object.fromEntries(series.files), { level: 0 });
  });
  download({ name: fileName(name, "sct", ".dicom.zip"), type: "application/zip", bytes: zipped });
}

/** HU at the surface of bone and of the skin. */
const LEVELS = { skull: 300, head: -300 } as const;

/** The surface of the skull or of the head as STL, in mm. */
export async function saveSurface(which: keyof typeof LEVELS): Promise<void> {
  const { sct } = made.value!;
  const bytes = await working("Making the surface", async () =>
    (await theReader()).stl(sct, { level: LEVELS[which] }),
  );
  download({ name: fileName(study.value!.name, which, ".stl"), type: "model/stl", bytes });
}

/** All numbers that are shown. */
export function saveNumbers(): void {
  const { name, mr } = study.value!;
  const { tissues, density, metrics, brainMl, warnings, backend, seconds, sct } = made.value!;
  const numbers = {
    note: "Research software, not a medical device. The CT is synthetic.",
    file: name,
    shape: mr.shape,
    simulated: mr.simulated,
    trainedOn: sct.trainedOn,
    brainMl,
    tissues,
    densities: density.table,
    metrics,
    warnings,
    backend,
    seconds,
  };
  const text = `${JSON.stringify(numbers, null, 2)}\n`;
  download({
    name: fileName(name, "numbers", ".json"),
    type: "application/json",
    bytes: new TextEncoder().encode(text),
  });
}

/** The three planes side by side as they are seen, with what they are. */
export async function savePicture(): Promise<void> {
  const canvases = [...document.querySelectorAll<HTMLCanvasElement>(".plane canvas")].filter(
    ({ clientWidth }) => clientWidth > 0,
  );
  const height = Math.max(...canvases.map((canvas) => canvas.height));
  const line = Math.max(16, Math.round(height / 24));
  const whole = document.createElement("canvas");
  whole.width = canvases.reduce((sum, canvas) => sum + canvas.width, 0);
  whole.height = height + 2 * line;
  const context = whole.getContext("2d")!;
  context.fillRect(0, 0, whole.width, whole.height);
  let left = 0;
  for (const canvas of canvases) {
    context.drawImage(canvas, left, 0);
    left += canvas.width;
  }
  context.fillStyle = "#fff";
  context.font = `${Math.round(0.8 * line)}px system-ui, sans-serif`;
  const { name, mr } = study.value!;
  const what = `${name}${mr.simulated ? ", a simulated head" : ""}: ${SHOWN[shown.value]}`;
  context.fillText(
    `${what}. Research use only, not a medical device.`,
    line / 2,
    height + 1.3 * line,
    whole.width - line,
  );
  const blob = await new Promise<Blob | null>((resolve) => whole.toBlob(resolve));
  if (!blob) throw new Error("The picture is too large for this browser. Make its window smaller.");
  const bytes = new Uint8Array(await blob.arrayBuffer());
  download({ name: fileName(name, "view", ".png"), type: "image/png", bytes });
}

const SHOWN = {
  mr: "MR",
  sct: "synthetic CT",
  fusion: "MR and synthetic CT",
  ct: "measured CT",
  difference: "synthetic minus measured CT",
} as const;

/** All as one HTML file that opens from disk: slices, tables, metrics. */
export async function saveReport(): Promise<void> {
  const { name, mr, ct } = study.value!;
  const { sct, labels, uncertainty, tissues, density, metrics, brainMl, warnings, backend, seconds } =
    made.value!;
  const text = await working("Writing the report", async (signal, progress) => {
    const table = (title: string, rows: readonly Row[]) => ({
      title,
      head: ["Class", "mL", "Mean HU", "SD"],
      rows: rows.map((row) => [row.name, ...[row.ml, row.mean, row.sd].map((value) => value.toFixed(1))]),
    });
    const { tissueRows, densityRows } = rowsOf({ tissues, density });
    return (await theReader()).report(
      {
        title: `Synthetic CT of ${name}`,
        lead: "Made in a browser by the model of heads of @midash/core.",
        facts: {
          Image: name,
          Voxels: mr.shape.join(" × "),
          "Computed on": backendName(backend),
          Seconds: seconds.toFixed(1),
          "Brain with CSF": `${Math.round(brainMl)} mL`,
        },
        warnings,
        tables: [
          table("Tissues, as the model sees them", tissueRows),
          table("Densities inside the head", densityRows),
        ],
        cases: [
          {
            id: name,
            mr,
            sct,
            ct,
            uncertainty,
            mask: labels.with({ meta: {} }),
            maskRule: "voxels inside the head, as the model finds it",
            classes: { volume: labels, names: (labels.meta.classes as readonly string[]).map(tissueName) },
            reports: metrics && { [metrics.mae.preset]: metrics },
          },
        ],
      },
      {
        axes: ["axial", "coronal", "sagittal"],
        maxSlices: 24,
        signal,
        onProgress: ({ done, total }) => progress(done / total),
      },
    );
  });
  const bytes = new TextEncoder().encode(text);
  download({ name: fileName(name, "report", ".html"), type: "text/html", bytes });
}

interface Row {
  readonly name: string;
  readonly ml: number;
  readonly mean: number;
  readonly sd: number;
}

function rowsOf({ tissues, density }: Pick<Made, "tissues" | "density">) {
  const tissueRows: Row[] = tissues.map((row) => ({ ...row, name: tissueName(row.name) }));
  const densityRows: Row[] = density.table.map((row) => ({
    name: densityName(row.name),
    ml: row.mL,
    mean: row.meanHU ?? Number.NaN,
    sd: row.sdHU ?? Number.NaN,
  }));
  return { tissueRows, densityRows };
}

/** The tables of classes for a spreadsheet. */
export function saveTable(): void {
  const { tissueRows, densityRows } = rowsOf(made.value!);
  const lines = (kind: string, rows: readonly Row[]) =>
    rows.map(({ name, ml, mean, sd }) =>
      [kind, name, ...[ml, mean, sd].map((value) => value.toFixed(2))].join(","),
    );
  const text = [
    "kind,class,mL,mean HU,SD HU",
    ...lines("tissue", tissueRows),
    ...lines("density", densityRows),
    "",
  ];
  const bytes = new TextEncoder().encode(text.join("\r\n"));
  download({ name: fileName(study.value!.name, "tables", ".csv"), type: "text/csv", bytes });
}
