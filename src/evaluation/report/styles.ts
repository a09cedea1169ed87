const LIGHT = `
  --ground: #f5f6f7; --panel: #ffffff; --ink: #14181c; --soft: #56616c; --line: #d8dde2; --strong: #8d98a3;
  --accent: #0b6a8a; --focus: #0b6a8a; --ct: #7b8792; --best: #a3560a;
  --warn: #fdf5e0; --warn-ink: #5f4300; --warn-line: #e0b04a;`;

const DARK = `
  --ground: #0e1114; --panel: #161a1e; --ink: #e8ecef; --soft: #9ea9b4; --line: #2b333a; --strong: #66727d;
  --accent: #5cc4e8; --focus: #7fd4f2; --ct: #8f9ba6; --best: #f0a95c;
  --warn: #241d0c; --warn-ink: #f2d48a; --warn-line: #7d6120;`;

/** The page's look: a quiet instrument. Light and dark by the system's wish or the reader's; ink on white in print. */
export const STYLES = `
:root { color-scheme: light; ${LIGHT}
}
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${DARK}
} }
:root[data-theme="light"] { color-scheme: light; ${LIGHT}
}
:root[data-theme="dark"] { color-scheme: dark; ${DARK}
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem clamp(0.9rem, 3vw, 2.25rem) 2rem; max-width: 76rem;
  background: var(--ground); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2, figcaption, summary, .under { overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
h3 { font-size: 0.9375rem; font-weight: 650; overflow-wrap: anywhere; }
h3 small { font-weight: 400; color: var(--soft); font-size: inherit; }
code { font: 0.95em ui-monospace, "SFMono-Regular", Menlo, "Liberation Mono", monospace; }
small { font-size: 0.8125rem; color: var(--soft); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 0.9rem; background: var(--ink); color: var(--ground); z-index: 2; }
.skip:focus { top: 0.75rem; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* top */
.masthead { display: flex; justify-content: space-between; align-items: center; gap: 1rem; margin-bottom: 0.35rem; }
.kind { color: var(--soft); font-size: 0.8125rem; letter-spacing: 0.02em; }
.lead { margin-top: 0.35rem; max-width: 46rem; color: var(--soft); }
button, select {
  font: inherit; font-size: 0.8125rem; color: var(--ink); background: var(--panel);
  border: 1px solid var(--strong); border-radius: 4px; padding: 0.3rem 0.65rem;
}
select { max-width: 100%; min-width: 0; }
button { cursor: pointer; }
button:hover, select:hover { border-color: var(--ink); }
.warning {
  margin-top: 0.75rem; padding: 0.45rem 0.75rem; background: var(--warn); color: var(--warn-ink);
  border-left: 3px solid var(--warn-line); border-radius: 2px;
}
.warning + .warning { margin-top: 0.35rem; }
.facts { margin-top: 1rem; display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.5rem 1.75rem; }
.facts dt { color: var(--soft); font-size: 0.75rem; }
.facts dd { overflow-wrap: anywhere; }

/* numbers first */
.readouts {
  margin-top: 1.5rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  border: 1px solid var(--line); border-radius: 6px; background: var(--panel); overflow: hidden;
}
.readouts > div { padding: 0.8rem 1.1rem 0.85rem; box-shadow: -1px -1px 0 var(--line); }
.readouts dt { color: var(--soft); font-size: 0.8125rem; }
.readouts b { font-size: 1.75rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.02em; }
.readouts .under { color: var(--soft); font-size: 0.75rem; }

/* sections */
main > section { margin-top: 2.25rem; }
.heading { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 0.5rem 1rem; }
.choice { display: flex; min-width: 0; max-width: 100%; align-items: center; gap: 0.5rem; font-size: 0.8125rem; color: var(--soft); }
.note { margin-top: 0.5rem; color: var(--soft); font-size: 0.8125rem; max-width: 60rem; overflow-wrap: anywhere; }
.why { margin-top: 0.5rem; padding-left: 1.1rem; font-size: 0.8125rem; color: var(--best); overflow-wrap: anywhere; }

/* viewer */
.viewer { margin-top: 0.75rem; padding: 0.9rem 1rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.panels { margin-top: 0.6rem; display: grid; grid-template-columns: repeat(var(--panels), minmax(0, 1fr)); gap: 0.75rem; }
.panels figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 0.5rem; font-size: 0.8125rem; margin-bottom: 0.3rem; }
.panels figcaption small { font-size: 0.75rem; }
.image { position: relative; background: #000; border-radius: 3px; overflow: hidden; outline: 1px solid var(--line); }
.panel { max-width: 32rem; }
.image img { display: block; width: 100%; height: 100%; image-rendering: pixelated; }
.side, .badge { position: absolute; font-size: 0.75rem; line-height: 1; padding: 0.2rem 0.3rem; background: rgb(0 0 0 / 0.72); color: #f2f4f5; border-radius: 2px; }
.side.left { left: 0.3rem; top: 50%; transform: translateY(-50%); }
.side.top { top: 0.3rem; left: 50%; transform: translateX(-50%); }
.badge { left: 0.3rem; bottom: 0.3rem; color: #ffce5a; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 0.6rem; margin: 0.45rem 0 0; padding: 0; list-style: none; font-size: 0.75rem; color: var(--soft); }
.legend svg { width: 0.7rem; height: 0.7rem; outline: 1px solid var(--line); vertical-align: baseline; }
.bar { margin-top: 0.45rem; font-size: 0.75rem; color: var(--soft); }
.bar svg { display: block; width: 100%; height: 0.5rem; border-radius: 1px; outline: 1px solid var(--line); }
.ticks { position: relative; height: 1.35rem; margin-top: 0.1rem; }
.ticks span { position: absolute; transform: translateX(-50%); line-height: 1; padding-top: 0.4rem; white-space: nowrap; }
.ticks span::before { content: ""; position: absolute; left: 50%; top: 0; height: 0.28rem; border-left: 1px solid var(--strong); }
.ticks span.first { transform: none; }
.ticks span.first::before { left: 0; }
.ticks span.last { transform: translateX(-100%); }
.ticks span.last::before { left: auto; right: 0; }
.transport { margin-top: 0.9rem; display: grid; grid-template-columns: auto minmax(8rem, 1fr); align-items: center; gap: 0.4rem 0.9rem; }
.transport label { font-size: 0.8125rem; font-weight: 600; }
.transport input { width: 100%; margin: 0; height: 1.5rem; accent-color: var(--accent); cursor: pointer; }
.transport output { grid-column: 1 / -1; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.1rem 1.5rem; }
.transport .score { font-weight: 600; }
.profile { margin-top: 0.5rem; }
:root:not([data-script]) :is(.transport label, .transport input, .choice, button) { display: none; }

/* charts: two sizes, so that words stay readable */
@media (min-width: 44.01rem) { .on-narrow { display: none; } }
.charts { margin-top: 0.75rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
.charts.large { grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.charts figure, .wide { padding: 0.85rem 1rem 0.6rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.charts figure { max-width: 38rem; }
.wide { margin-top: 0.75rem; }
figcaption { font-weight: 600; font-size: 0.875rem; }
figcaption small { display: block; font-weight: 400; }
.chart { display: block; width: 100%; height: auto; margin-top: 0.4rem; font-size: 12px; }
.chart path { fill: none; }
.grid path { stroke: var(--line); }
.axis path { stroke: var(--strong); }
.line .stroke { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.line circle { fill: var(--panel); stroke: var(--accent); stroke-width: 2; }
.line .area { fill: var(--accent); fill-opacity: 0.1; }
.line.ct .stroke { stroke: var(--ct); stroke-width: 1.5; }
.line.ct .area { fill: var(--ct); fill-opacity: 0.22; }
.line.sct .stroke { stroke-width: 1.75; }
.mark path { stroke-dasharray: 3 3; }
.mark.best path { stroke: var(--best); stroke-width: 1.5; }
.mark.class path { stroke: var(--strong); }
.chart text { fill: var(--soft); paint-order: stroke; stroke: var(--panel); stroke-width: 3px; stroke-linejoin: round; }
.chart text.y { text-anchor: end; }
.chart text.x { text-anchor: middle; }
.chart text.title.y { text-anchor: start; }
.chart text.title.x { text-anchor: end; }
.chart text.mark.best { fill: var(--best); }
.chart text.end { text-anchor: end; }
.box rect { fill: var(--accent); fill-opacity: 0.14; stroke: var(--accent); stroke-width: 1.5; }
.box .whisker { stroke: var(--accent); stroke-width: 1.5; }
.box .median { stroke: var(--accent); stroke-width: 3; }
.box .mean { fill: var(--panel); stroke: var(--ink); stroke-width: 1.5; }
.box circle, .points circle { fill: var(--accent); fill-opacity: 0.75; stroke: var(--panel); stroke-width: 1; }
.box.second rect { fill: var(--ct); stroke: var(--ct); }
.box.second :is(.whisker, .median) { stroke: var(--ct); }
.box.second circle { fill: var(--ct); }
.box circle.outlier, .points circle.outlier { fill: var(--best); fill-opacity: 1; }
.leader { stroke: var(--strong); stroke-width: 1; }
.stalk { stroke: var(--accent); stroke-width: 1.5; }
.level path { stroke-width: 1.5; }
.level.bias path { stroke: var(--best); }
.level.limit path { stroke: var(--best); stroke-dasharray: 5 4; }
.level.zero path { stroke: var(--strong); }
.band { fill: var(--best); fill-opacity: 0.14; }
.identity { stroke: #ffffff; stroke-width: 1.5; stroke-dasharray: 5 4; }
.chart image { image-rendering: pixelated; }
.joint :is(.chart, .bar) { max-width: 45rem; }
.cursor { stroke: var(--best); stroke-width: 1.5; }
.legend { list-style: none; padding: 0; margin-top: 0.35rem; display: flex; gap: 1.25rem; font-size: 0.8125rem; }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.legend svg { width: 1.5rem; height: 0.65rem; }

/* cases of a cohort, each a small picture */
.cards { margin-top: 0.75rem; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 1rem; }
.card { padding: 0.75rem 0.85rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; font-size: 0.8125rem; }
.card img { display: block; width: 100%; margin-top: 0.5rem; background: #000; border-radius: 3px; image-rendering: pixelated; }
.card .under { margin-top: 0.4rem; color: var(--soft); font-size: 0.75rem; }

/* tables */
h3 { margin-top: 1rem; }
.viewer h3, .card h3 { margin-top: 0; }
.scroll { margin-top: 0.5rem; overflow: auto; max-height: 26rem; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); }
.scroll.whole, .all:has(:checked) + .scroll { max-height: none; }
.all { display: block; margin-top: 0.5rem; font-size: 0.8125rem; width: fit-content; cursor: pointer; }
table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; }
caption { text-align: left; padding: 0.5rem 0.8rem; color: var(--soft); }
th, td { padding: 0.35rem 0.8rem; text-align: right; font-weight: 400; white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--soft); border-bottom: 1px solid var(--strong); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.words { display: block; white-space: normal; text-align: left; min-width: 16rem; max-width: 40rem; }
.text { display: block; text-align: left; }
th.start { text-align: left; }
details { margin-top: 0.5rem; }
summary { cursor: pointer; font-size: 0.8125rem; color: var(--soft); width: fit-content; }
summary:hover { color: var(--ink); }
footer { margin-top: 2.5rem; padding-top: 0.8rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.8125rem; }

@media (max-width: 44rem) {
  .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  h1 { font-size: 1.4rem; }
  .on-wide { display: none; }
  .readouts { grid-template-columns: repeat(2, 1fr); }
  .readouts b { font-size: 1.4rem; }
}
@media (prefers-reduced-motion: no-preference) { .skip { transition: top 0.12s; } }
@media print {
  :root, :root[data-theme] { color-scheme: light; ${LIGHT}
  --ground: #ffffff; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .skip, button, .all, .choice, .transport label, .transport input, details:not([open]) { display: none !important; }
  .viewer[hidden] { display: block !important; }
  .side, .badge, .image { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .viewer, .charts figure, .wide, tr, .readouts, .card { break-inside: avoid; }
  .scroll { max-height: none; overflow: visible; border-radius: 0; }
  table { font-size: 7.5pt; }
  th, td { white-space: normal; padding: 0.2rem 0.35rem; }
  .words { min-width: 7rem; }
  .on-narrow { display: none !important; }
  .on-wide { display: block !important; }
  h2, h3, figcaption, caption { break-after: avoid; }
}
`;
