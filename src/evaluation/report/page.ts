import type { ImageOrigin } from "../../imaging/volume/index.ts";
import { viewerClient } from "./client.ts";
import { type Html, html, trusted } from "./html.ts";
import { STYLES } from "./styles.ts";

/** What stands at the top of the page and inside it. */
export interface PageParts {
  readonly title: string;
  /** What kind of page it is. Default "Synthetic CT report". */
  readonly kind?: string;
  readonly lead?: string;
  readonly facts: readonly (readonly [name: string, value: string | number])[];
  readonly simulated: boolean;
  /** What a model was trained on that saw no patient. */
  readonly trainedOn?: ImageOrigin;
  readonly warnings?: readonly string[];
  readonly body: readonly (Html | undefined)[];
}

/** Nothing may be fetched, from anywhere, whatever the page contains. */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Bundlers that keep names wrap functions in a call of this. */
const SHIM = "const __name = (f) => f;";

/** The whole document. */
export function page({
  title,
  kind = "Synthetic CT report",
  lead,
  facts,
  simulated,
  trainedOn,
  warnings = [],
  body,
}: PageParts): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${title} · ${kind.toLowerCase().replace("ct", "CT")}</title>
<style>${trusted(STYLES)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header>
<div class="masthead"><p class="kind">${kind}</p><button type="button" data-theme-toggle>Dark theme</button></div>
<h1>${title}</h1>
${lead === undefined ? undefined : html`<p class="lead">${lead}</p>`}
<p class="warning"><strong>Research software, not a medical device.</strong> Nothing here may be used for diagnosis or treatment.</p>
${
  simulated
    ? html`<p class="warning"><strong>Simulated images.</strong> Images in this report were computed, not measured on people; expect worse on patients.</p>`
    : undefined
}
${
  trainedOn === undefined
    ? undefined
    : html`<p class="warning"><strong>Trained on ${trainedOn} alone.</strong> The model that made the synthetic CT learnt from no patient; look at each result.</p>`
}
${warnings.map((text) => html`<p class="warning"><strong>Warning.</strong> ${text}</p>`)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main id="main" tabindex="-1">
${body}
</main>
<footer><p>Research software, not a medical device. This file is complete in itself and loads nothing from any network.</p></footer>
<script>${trusted(`${SHIM}\n(${viewerClient.toString()})();`)}</script>
</body>
</html>
`;
  return document.text;
}
