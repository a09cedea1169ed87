import { niceTicks } from "./colour-bar.ts";
import type { ReportContent } from "./content.ts";
import { type Html, html } from "./html.ts";
import { around, type ChartAxis, inTwoSizes, lineChart } from "./line-chart.ts";
import { fixed, significant } from "./number-text.ts";
import { dataTable } from "./table.ts";

/** What a report says of the training. */
type Trained = Pick<ReportContent, "history" | "bestEpoch">;
type History = NonNullable<ReportContent["history"]>;

const SIZES = [
  [520, 250],
  [360, 210],
] as const;

/** The losses by epoch and what validation watched, each on an axis of its own, with all numbers in a table. */
export function trainingSection({ history = [], bestEpoch: best }: Trained): Html | undefined {
  if (history.length === 0) return undefined;
  const names = lossNames(history);
  const watched = history.find(({ validation }) => validation)?.validation;
  const title = watched ? `Validation ${watched.name}${watched.unit && `, ${watched.unit}`}` : "Validation";
  return html`<section aria-labelledby="training">
<h2 id="training">Training</h2>
<div class="charts">
${names.map((name) => curve(history, best, titleOf(name), "mean over the epoch's steps", (record) => record.losses[name] ?? null))}
${watched ? curve(history, best, title, "over scored voxels of the validation cases", (record) => record.validation?.value ?? null) : undefined}
</div>
${dataTable(
  {
    summary: "Numbers by epoch",
    caption: "Losses, validation, learning rate and time of each epoch",
    head: ["Epoch", ...names.map((name) => titleOf(name)), title, "Learning rate", "Seconds", "Weights"],
  },
  history.map((record) => [
    String(record.epoch),
    ...names.map((name) => significant(record.losses[name] ?? Number.NaN, 5)),
    record.validation ? fixed(record.validation.value, watched?.unit === "" ? 4 : 2) : "none",
    significant(record.learningRate, 3),
    fixed(record.seconds, 1),
    record.epoch === best ? "kept" : "",
  ]),
)}
</section>`;
}

/** The learning rate by epoch, where it changed. */
export function learningRateChart({ history = [], bestEpoch }: Trained): Html | undefined {
  if (new Set(history.map(({ learningRate }) => learningRate)).size < 2) return undefined;
  return html`<div class="charts">${curve(history, bestEpoch, "Learning rate", "of each epoch's last step", (record) => record.learningRate)}</div>`;
}

/** Names of all losses; `loss`, which every model has, first. */
function lossNames(history: History): string[] {
  return [...new Set(["loss", ...history.flatMap((record) => Object.keys(record.losses))])];
}

function titleOf(loss: string): string {
  return loss === "loss" ? "Training loss" : `Training loss: ${loss}`;
}

function curve(
  history: History,
  best: number | undefined,
  title: string,
  note: string,
  value: (record: History[number]) => number | null,
): Html {
  const points = history.flatMap((record): [number, number][] => {
    const y = value(record);
    return y === null || !Number.isFinite(y) ? [] : [[record.epoch, y]];
  });
  if (points.length === 0) return html``;
  const epochs = history.map((record) => record.epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const x: ChartAxis = {
    title: "epoch",
    low: first === last ? first - 0.5 : first,
    high: first === last ? first + 0.5 : last,
    ticks: epochTicks(first, last),
  };
  const [low, high] = around(points.map(([, y]) => y));
  const y: ChartAxis = { title: "", low, high, ticks: niceTicks(low, high, 4) };
  const text = (point: readonly [number, number]) => `${significant(point[1])} at epoch ${point[0]}`;
  const minimum = points.reduce((a, b) => (b[1] < a[1] ? b : a));
  const label = `${title} by epoch. ${text(points[0]!)}, ${text(points.at(-1)!)}; lowest ${text(minimum)}.${
    best === undefined ? "" : ` Epoch ${best} was kept.`
  }`;
  return html`<figure><figcaption>${title}<small>${note}</small></figcaption>${inTwoSizes(SIZES, (size) =>
    lineChart({
      label,
      size,
      x,
      y,
      lines: [{ kind: "series", points, dots: points.length <= 40 }],
      marks:
        best !== undefined && best >= first ? [{ x: best, text: `kept: epoch ${best}`, kind: "best" }] : [],
    }),
  )}</figure>`;
}

/** Whole epochs, the first among them. */
function epochTicks(first: number, last: number): number[] {
  const inner = niceTicks(first, last, Math.max(1, Math.min(8, last - first))).filter(Number.isInteger);
  return first === last
    ? [first]
    : [...new Set([first, ...inner.filter((tick) => tick - first >= (last - first) / 12)])];
}
