/**
 * The script of the page of a training. It runs in the reader's browser, as text: nothing outside this function is known to it. It asks for the page
 * again, and takes over the parts that changed; what the reader opened or is typing stays.
 */
export function trainingClient(): void {
  const EVERY = 2000;
  const parts = (root: ParentNode) => Array.from(root.querySelectorAll<HTMLElement>("[data-live]"));
  const going = (root: ParentNode) => root.querySelector(".state.going") !== null;
  const state = () => document.querySelector("[data-live=state]");
  /** Of each part, as it came: the reader's own changes of it are none. */
  const came = new Map(parts(document).map((part) => [part.dataset.live, part.innerHTML]));

  const takeOver = (news: Document) => {
    for (const part of parts(news)) {
      const { live } = part.dataset;
      const old = document.querySelector<HTMLElement>(`[data-live=${live}]`);
      if (!old || came.get(live) === part.innerHTML) continue;
      if (live === "controls" && old.contains(document.activeElement) && part.childElementCount > 0) continue;
      came.set(live, part.innerHTML);
      Array.from(old.querySelectorAll("details")).forEach((details, n) => {
        const again = part.querySelectorAll("details")[n];
        if (again) again.open = details.open;
      });
      old.className = part.className;
      old.replaceChildren(...Array.from(part.childNodes));
    }
  };

  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      state()?.classList.remove("lost");
      takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      state()?.classList.add("lost"); // computing, or gone: the next look tells
    }
    if (going(document)) setTimeout(look, EVERY);
  };
  if (going(document)) setTimeout(look, EVERY);
}
