/** Text that is HTML already, made by {@link html} or {@link trusted} alone. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What {@link html} takes: strings and numbers are escaped, nothing is left out. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** HTML from a template. Every value in it is escaped, also in attributes (which need quotes), unless it is {@link Html}. */
export function html(template: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(template.reduce((text, part, n) => text + render(values[n - 1]) + part));
}

/** For text of this library's own files: styles and scripts. */
export function trusted(text: string): Html {
  return new Html(text);
}

/** A JSON block that scripts of the page read; no string in it can end the block. */
export function jsonBlock(id: string, value: object): Html {
  const json = JSON.stringify(value).replaceAll("<", "\\u003c");
  return html`<script type="application/json" id="${id}">${trusted(json)}</script>`;
}

function render(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
