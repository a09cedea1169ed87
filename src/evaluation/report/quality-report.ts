import type { CaseLook, Finding } from "../quality/index.ts";
import { isBad } from "../quality/index.ts";
import { type Html, html, trusted } from "./html.ts";
import { fixed, NONE, significant } from "./number-text.ts";
import { page } from "./page.ts";
import { dataTable } from "./table.ts";

/** A case as {@link qualityReportHtml} shows it. */
export interface QualityCase extends CaseLook {
  /** All that is said of it, as `judgeCohort` gives it. */
  readonly findings: readonly Finding[];
  /** The part of the split that it is in. Default: none. */
  readonly part?: string;
  /** What `qualityPicture` makes. Default: no picture. */
  readonly picture?: string;
}

/** What {@link qualityReportHtml} shows. */
export interface QualityContent {
  readonly title: string;
  readonly lead?: string;
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly cases: readonly QualityCase[];
}

/** Options of {@link qualityReportHtml}. */
export interface QualityReportOptions {
  /** Most pictures of cases without findings, evenly chosen: with them all, the page of a large cohort is too large to open. Default 200. */
  readonly pictures?: number;
}

/**
 * Quality control of a cohort as one HTML file that opens from disk and fetches nothing: which cases are set aside and why, which are doubtful, and each
 * case's pictures and figures. The same content gives the same bytes.
 */
export function qualityReportHtml(content: QualityContent, options: QualityReportOptions = {}): string {
  const { pictures = 200 } = options;
  const { title, lead, facts = {}, cases } = content;
  const bad = cases.filter(({ findings }) => isBad(findings));
  const doubtful = cases.filter(({ findings }) => findings.length > 0 && !isBad(findings));
  const good = cases.filter(({ findings }) => findings.length === 0);
  const step = Math.max(1, good.length / pictures);
  const shown = good.filter((_, n) => pictures > 0 && n % step < 1);
  return page({
    title,
    kind: "Data quality report",
    lead,
    facts: Object.entries(facts),
    simulated: cases.some((one) => one.facts.simulated),
    body: [
      html`<dl class="readouts">${[
        ["Cases", cases.length, "found"],
        ["Used", cases.length - bad.length, "in the cache"],
        ["Set aside", bad.length, "not in the cache"],
        ["Doubtful", doubtful.length, "used; look at them"],
      ].map(
        ([name, value, under]) =>
          html`<div><dt>${name}</dt><dd><b>${value}</b></dd><dd class="under">${under}</dd></div>`,
      )}</dl>`,
      section(
        "bad",
        "Set aside",
        "These cases are not used. Correct or remove them, and prepare again: what has changed is done anew.",
        bad,
      ),
      section("doubtful", "Doubtful", "These cases are used.", doubtful),
      figures(cases),
      section(
        "good",
        "Without findings",
        shown.length < good.length
          ? `${shown.length} of ${good.length} are shown, evenly chosen.`
          : undefined,
        shown,
      ),
    ],
  });
}

function section(
  id: string,
  title: string,
  note: string | undefined,
  cases: readonly QualityCase[],
): Html | undefined {
  if (cases.length === 0) return undefined;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${note === undefined ? undefined : html`<p class="note">${note}</p>`}
<div class="cards">${cases.map(card)}</div>
</section>`;
}

function card({ id, part, patient, findings, picture, facts }: QualityCase): Html {
  const about = [part, patient === undefined || patient === id ? undefined : `patient ${patient}`];
  const [image] = Object.values(facts.images);
  const names = Object.keys(facts.images).join(", ");
  const under = image
    ? `${names}: ${image.shape.join("×")} voxels of ${image.spacing.map((mm) => significant(mm, 3)).join("×")} mm, ${image.orientation}`
    : "none of its images was read";
  return html`<article class="card"><h3>${id} <small>${about.filter((one) => one !== undefined).join(", ")}</small></h3>
${findings.length > 0 ? html`<ul class="why">${findings.map(({ code, what }) => html`<li><strong>${code}</strong>: ${what}</li>`)}</ul>` : undefined}
${picture ? html`<img src="${trusted(`data:image/png;base64,${picture}`)}" alt="${id}: MR, CT and both as a checkerboard; an axial slice above a sagittal one" loading="lazy">` : undefined}
<p class="under">${under}</p></article>`;
}

/** The numbers that cases are compared by. */
function figures(cases: readonly QualityCase[]): Html | undefined {
  const known = cases.filter(({ facts }) => Object.keys(facts.images).length > 0);
  if (known.length === 0) return undefined;
  const number = (value: number | undefined, digits: number) =>
    value === undefined ? NONE : fixed(value, digits);
  return html`<section aria-labelledby="figures">
<h2 id="figures">Figures</h2>
<p class="note">Overlap: Dice of the bodies that MR and CT show. Off: mm by which the CT lies off, by mutual information, in steps of 4 mm. Contrast: the MR's 99th percentile over its median, within the body.</p>
${dataTable(
  {
    caption: "Of each case",
    head: [
      "Case",
      "Part",
      "Voxel, mm",
      "Body in CT, L",
      "in MR, L",
      "Median, HU",
      "Contrast",
      "Overlap",
      "Off, mm",
      "Findings",
    ],
  },
  known.map(({ id, part, facts, findings }) => [
    id,
    part ?? NONE,
    Object.values(facts.images)[0]!
      .spacing.map((mm) => significant(mm, 3))
      .join("×"),
    number(facts.ctLitres, 2),
    number(facts.mrLitres, 2),
    number(facts.bodyHu, 0),
    number(facts.mrContrast, 2),
    number(facts.dice, 3),
    facts.shift ? fixed(Math.hypot(...facts.shift), 0) : NONE,
    [...new Set(findings.map(({ code }) => code))].join(", ") || NONE,
  ]),
)}
</section>`;
}
