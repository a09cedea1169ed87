import { engine } from "../engine.ts";
import { keptOffline, update } from "../offline.ts";

/** That the page works without network, and what the next opening brings. */
export function OfflineLine() {
  if (!keptOffline.value) return null;
  const cores = engine.value && !crossOriginIsolated;
  return (
    <span data-testid="offline">
      {" "}
      This page now works without network.{cores && " Open it again to compute on all cores."}
    </span>
  );
}

/** A new version never takes the place of the one in use by itself. */
export function UpdateBox() {
  const take = update.value;
  return (
    <div role="status">
      {take && (
        <p class="update">
          A new version of this page is ready.{" "}
          <button type="button" onClick={take}>
            Use it now
          </button>{" "}
          <span class="soft">
            Images are closed then; a run that trains goes on from its last checkpoint.
          </span>
        </p>
      )}
    </div>
  );
}
