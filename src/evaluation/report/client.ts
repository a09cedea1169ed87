/** What the page's script needs of a case in one plane, in the order of their sections. */
export interface ViewerCase {
  readonly slices: readonly {
    /** PNG files in base64, one a panel. */
    readonly images: readonly string[];
    /** "slice 41, 12.5 mm". */
    readonly where: string;
    /** "MAE 88.1 HU over 4 312 voxels"; nothing without a CT. */
    readonly score: string;
    /** Where the slice lies across each plot of MAE by slice. */
    readonly places: readonly number[];
  }[];
}

/**
 * The script of the page. It runs in the reader's browser, as text: nothing outside this function is known to it. All numbers and
 * words were made beforehand; it shows and hides. Without it, the page shows the middle slice of every case.
 */
export function viewerClient(): void {
  const find = <E extends Element>(root: ParentNode, selector: string) => root.querySelector<E>(selector);
  const block = find(document, "#viewer-data");
  const cases = JSON.parse(block?.textContent ?? "[]") as readonly ViewerCase[];
  const sections = Array.from(document.querySelectorAll<HTMLElement>("[data-case]"));

  sections.forEach((section, n) => {
    const slider = find<HTMLInputElement>(section, "input[type=range]");
    const images = Array.from(section.querySelectorAll("img"));
    const cursors = Array.from(section.querySelectorAll("[data-cursor]"));
    const show = () => {
      const slice = cases[n]?.slices[Number(slider?.value)];
      if (!slice) return;
      images.forEach((image, panel) => {
        image.src = `data:image/png;base64,${slice.images[panel]}`;
        image.alt = `${image.dataset.name}, ${slice.where}`;
      });
      for (const key of ["where", "score"] as const) {
        const place = find(section, `[data-${key}]`);
        if (place) place.textContent = slice[key];
      }
      slider?.setAttribute("aria-valuetext", slice.where);
      cursors.forEach((cursor, plot) => {
        cursor.setAttribute("transform", `translate(${slice.places[plot]} 0)`);
      });
    };
    slider?.addEventListener("input", show);
    show(); // a reloaded page keeps the slider where it was
  });

  const choice = find<HTMLSelectElement>(document, "[data-choose-case]");
  const choose = () => {
    for (const section of sections) section.hidden = choice !== null && section.dataset.case !== choice.value;
  };
  choice?.addEventListener("change", choose);
  choose();

  const root = document.documentElement;
  const toggle = find<HTMLButtonElement>(document, "[data-theme-toggle]");
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);
  const label = () => {
    if (toggle) toggle.textContent = isDark() ? "Light theme" : "Dark theme";
  };
  toggle?.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  systemDark.addEventListener("change", label);
  label();
  root.dataset.script = "on"; // controls that need it appear
}
