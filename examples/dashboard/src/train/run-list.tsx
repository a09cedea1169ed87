import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { reported } from "../failures.ts";
import { going, isTraining, runs, showKept, shownRun, storage } from "./shown-run.ts";
import { removeRun } from "./training.ts";

const STATES = { going: "training", done: "done", stopped: "paused", failed: "failed" } as const;
const asked = signal<string | undefined>(undefined);

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const focus = (button: HTMLButtonElement | null) => button?.focus();

/** The runs that this browser keeps. */
export function RunList() {
  const all = runs.value;
  const place = storage.value;
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <section class="runs" aria-label="Runs in this browser">
      <h2 ref={heading} tabIndex={-1}>
        Runs in this browser
      </h2>
      {all.length === 0 ? (
        <p class="soft">None yet.</p>
      ) : (
        <ul>
          {all.map(({ name, bytes, facts }) => {
            const state = going.value?.name === name ? "going" : facts.state;
            const best = facts.best;
            return (
              <li key={name}>
                <button
                  type="button"
                  class="run-name"
                  aria-pressed={shownRun.value?.name === name && shownRun.value.kept}
                  disabled={isTraining.value && going.value?.name !== name}
                  onClick={() => void reported(() => showKept(name))}
                >
                  {name}
                </button>
                <span class="soft">
                  {STATES[state]}, epoch {facts.epochs}
                  {facts.of === null ? "" : ` of ${facts.of}`}
                  {best ? `, ${best.name} ${best.value.toFixed(1)} ${best.unit}` : ""}, {megabytes(bytes)}
                </span>
                {asked.value === name ? (
                  <span class="row">
                    <button
                      type="button"
                      ref={focus}
                      onClick={() => {
                        asked.value = undefined;
                        heading.current?.focus();
                        void reported(() => removeRun(name));
                      }}
                    >
                      Yes, delete {name}
                    </button>
                    <button type="button" onClick={() => (asked.value = undefined)}>
                      Keep it
                    </button>
                  </span>
                ) : (
                  <button
                    type="button"
                    aria-label={`Delete ${name}`}
                    disabled={state === "going"}
                    onClick={() => (asked.value = name)}
                  >
                    Delete
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {place && (
        <p class="soft">
          {megabytes(place.used)} are used of {megabytes(place.quota)} that this browser gives to the page.
          {place.kept ? "" : " It may clear them when the disk is nearly full: save what matters."}
        </p>
      )}
    </section>
  );
}
