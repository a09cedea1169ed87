import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { work } from "../study.ts";

const now = signal(0);

/** What goes on, how far it is, and the way to stop it. */
export function WorkBar() {
  const going = work.value;
  const running = going !== undefined;
  useEffect(() => {
    if (!running) return;
    const tick = () => (now.value = performance.now());
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [running]);
  if (!going) return null;
  const seconds = Math.max(0, (now.value - going.since) / 1000);
  const share = going.share ?? 0;
  const left = share > 0.05 ? (seconds * (1 - share)) / share : undefined;
  return (
    <section class="work" aria-label="Progress">
      <p>
        {going.what}
        {share > 0 && `: ${Math.round(100 * share)} %`}
        <span class="soft">
          {" "}
          {Math.round(seconds)} s{left !== undefined && `, about ${Math.ceil(left)} s left`}
        </span>
      </p>
      <progress aria-label={going.what} value={going.share} max={1} />
      <button type="button" onClick={going.cancel}>
        Cancel
      </button>
    </section>
  );
}
