import { niceTicks } from "./colour-bar.ts";
import type { ReportContent } from "./content.ts";
import { type Html, html, trusted } from "./html.ts";
import { around, inTwoSizes, lineChart } from "./line-chart.ts";
import { count, significant } from "./number-text.ts";
import { STYLES } from "./styles.ts";
import { learningRateChart, trainingSection } from "./training-charts.ts";
import { trainingClient } from "./training-client.ts";

/** A training in progress, as its page shows it. */
export interface TrainingPageContent extends Pick<ReportContent, "history" | "bestEpoch"> {
  readonly title: string;
  /** Where it stands, in a line: "epoch 3 of 20, batch 41 of 80". */
  readonly state: string;
  /** Whether it still goes: then the page looks for news, and offers what can be changed. */
  readonly going: boolean;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Training loss by step, as many points as one wants drawn. */
  readonly steps: readonly (readonly [step: number, loss: number])[];
  /** Pictures of a validation case by epoch, oldest first: addresses that the page may load. */
  readonly previews: readonly { readonly epoch: number; readonly src: string }[];
  /** What the learning rate is, for the field that changes it. */
  readonly learningRate?: number;
  /** Let inline styles and scripts of this page alone be used. */
  readonly nonce: string;
}

const SIZES = [
  [1080, 260],
  [360, 210],
] as const;

/** Earlier pictures that are offered. */
const EARLIER = 11;

/**
 * A page of a training while it goes: where it stands, curves, pictures, and a form that posts `learningRate` or `stop` to `steer`. A server renders it anew
 * each time it is asked for; the page asks by itself every two seconds and takes over what changed. It loads nothing but the pictures.
 */
export function trainingPageHtml(content: TrainingPageContent): string {
  const { title, state, going, facts, nonce } = content;
  return html`<!doctype html>
<html lang="en" data-script="off">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · training</title>
<style nonce="${nonce}">${trusted(STYLES + OWN)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the curves</a>
<header>
<p class="kind">Training</p>
<h1>${title}</h1>
<p class="warning"><strong>Research software, not a medical device.</strong> Nothing here may be used for diagnosis or treatment.</p>
<p class="state ${going ? "going" : ""}" role="status" data-live="state">${state}</p>
<dl class="facts" data-live="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main id="main" tabindex="-1">
<div data-live="controls">${going ? controls(content) : undefined}</div>
<div data-live="curves">
${stepsChart(content.steps)}
${trainingSection(content)}
${learningRateChart(content)}
</div>
<div data-live="previews">${previews(content.previews)}</div>
</main>
<footer><p>This page comes from the run itself, on this machine, and loads nothing from any network. It ends with the run; what it shows stays in the run's folder.</p></footer>
<script nonce="${nonce}">${trusted(`const __name = (f) => f;\n(${trainingClient.toString()})();`)}</script>
</body>
</html>
`.text;
}

/** What the report's look lacks. */
const OWN = `
.state { margin-top: 1rem; font-size: 1.125rem; font-weight: 600; }
.state.going::before { content: ""; display: inline-block; width: 0.6rem; height: 0.6rem; margin-right: 0.5rem; border-radius: 50%; background: var(--accent); }
.state.lost::before { background: var(--best); }
.controls { margin-top: 1.25rem; display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; padding: 0.85rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.controls form { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; }
.controls label { font-size: 0.8125rem; font-weight: 600; }
.controls input { font: inherit; width: 8rem; padding: 0.3rem 0.5rem; color: var(--ink); background: var(--ground); border: 1px solid var(--strong); border-radius: 4px; }
.controls button { display: inline-block !important; }
.preview img { display: block; width: 100%; max-width: max-content; min-width: 34rem; height: auto; margin-top: 0.5rem; border-radius: 3px; }
.preview a { display: block; overflow-x: auto; }
[data-live] > section:not(.controls) { margin-top: 2rem; }
.earlier { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem; margin-top: 0.5rem; }
`;

function controls({ learningRate }: TrainingPageContent): Html {
  const rate = learningRate === undefined ? "" : String(Number(learningRate.toPrecision(4)));
  return html`<section class="controls" aria-label="Change the run">
<form method="post" action="steer"><label for="rate">Learning rate</label>
<input id="rate" name="learningRate" type="number" step="any" min="0" required value="${rate}" autocomplete="off"> <button type="submit">Set from the next step</button></form>
<form method="post" action="steer"><input type="hidden" name="stop" value="true"> <button type="submit">Stop after this step</button> <small>keeps a checkpoint; --resume goes on</small></form>
</section>`;
}

function stepsChart(steps: TrainingPageContent["steps"]): Html | undefined {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || first === last) return undefined;
  const [low, high] = around(steps.map(([, loss]) => loss));
  const label = `Training loss by step. ${significant(first[1])} at step ${first[0]}, ${significant(last[1])} at step ${last[0]}.`;
  const x = {
    title: "step",
    low: first[0],
    high: last[0],
    ticks: niceTicks(first[0], last[0], 6).filter(Number.isInteger),
    text: count,
  };
  const y = { title: "", low, high, ticks: niceTicks(low, high, 4) };
  return html`<section aria-labelledby="steps"><h2 id="steps">Now</h2>
<figure class="wide"><figcaption>Training loss<small>of each step, means where there are many</small></figcaption>${inTwoSizes(SIZES, (size) => lineChart({ label, size, x, y, lines: [{ kind: "series", points: steps }] }))}</figure></section>`;
}

function previews(all: TrainingPageContent["previews"]): Html | undefined {
  const last = all.at(-1);
  if (!last) return undefined;
  const earlier = all.slice(0, -1);
  const every = Math.max(1, Math.ceil(earlier.length / EARLIER));
  const shown = earlier.filter((_, n) => n % every === 0);
  const figure = ({ epoch, src }: (typeof all)[number]) =>
    html`<figure class="preview"><figcaption>Epoch ${epoch}</figcaption><a href="${src}"><img src="${src}" loading="lazy" alt="A validation case after epoch ${epoch}: MR, synthetic CT, CT and error, one slice"></a></figure>`;
  return html`<section aria-labelledby="previews"><h2 id="previews">A validation case</h2>
${figure(last)}
${shown.length > 0 ? html`<details><summary>Earlier epochs</summary><div class="earlier">${shown.map(figure)}</div></details>` : undefined}
</section>`;
}
