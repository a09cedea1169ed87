import { type Signal, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { early } from "../early.ts";
import { reported } from "../failures.ts";
import { closeImage } from "../open.ts";
import { remote } from "../remote.ts";
import { saveDicom, saveNifti } from "../save.ts";
import { busy, made, study } from "../study.ts";
import { synthesize } from "../synthesize.ts";
import { ctWindow, dragged, mix, opacity, overlay, shown, zoom } from "../view.ts";

const uncertainty = signal(false);

/** What to do with the image, and how to look at it. */
export function Tools() {
  const opened = study.value!;
  const result = made.value;
  const seen = result ?? early.value;
  const there = remote.value;
  const make = there?.onServer.value ? there.synthesizeThere : synthesize;
  return (
    <section class="tools" aria-label="Tools">
      <h2>{opened.name}</h2>
      <p class="soft">
        {opened.mr.shape.join(" × ")} voxels, {opened.format}
        {opened.mr.simulated && ". A simulated head, no patient"}
      </p>
      {result ? (
        <Made uncertain={result.uncertainty !== undefined} />
      ) : (
        <>
          <button
            type="button"
            class="primary"
            disabled={busy.value}
            onClick={() => void reported(() => make({ uncertainty: uncertainty.value }))}
          >
            Make a synthetic CT
          </button>
          <label class="check">
            <input
              type="checkbox"
              checked={uncertainty.value}
              onChange={(event) => (uncertainty.value = event.currentTarget.checked)}
            />
            Also say how sure it is (takes four times as long)
          </label>
          {there && <there.ServerChoice disabled={busy.value} />}
        </>
      )}
      <fieldset>
        <legend>Show</legend>
        <Choice
          name="shown"
          value={shown}
          choices={[
            ["mr", "MR"],
            ["sct", "Synthetic CT", !seen],
            ["fusion", "MR and CT", !seen],
            ["ct", "Measured CT", !opened.ct],
            ["difference", "Difference", !opened.ct || !result],
          ]}
        />
        {shown.value === "fusion" && <Slider label="MR to CT" value={mix} />}
      </fieldset>
      <fieldset disabled={!seen && !opened.ct}>
        <legend>Window of CT</legend>
        <Choice
          name="window"
          value={ctWindow}
          choices={[
            ["wide", "Wide"],
            ["soft", "Soft tissue"],
            ["brain", "Brain"],
            ["bone", "Bone"],
          ]}
        />
      </fieldset>
      <fieldset>
        <legend>Contrast</legend>
        <div class="row">
          <button type="button" onClick={() => contrast(1 / 1.25, 0)}>
            More
          </button>
          <button type="button" onClick={() => contrast(1.25, 0)}>
            Less
          </button>
          <button type="button" onClick={() => contrast(1, -0.1)}>
            Brighter
          </button>
          <button type="button" onClick={() => contrast(1, 0.1)}>
            Darker
          </button>
          <button type="button" onClick={() => (dragged.value = { width: 1, shift: 0 })}>
            Reset
          </button>
        </div>
      </fieldset>
      <fieldset>
        <legend>Overlay</legend>
        <Choice
          name="overlay"
          value={overlay}
          choices={[
            ["none", "None"],
            ["tissues", "Tissues", !result],
            ["densities", "Densities", !result],
            ["uncertainty", "Uncertainty", !result?.uncertainty],
          ]}
        />
        {overlay.value !== "none" && <Slider label="Opacity" value={opacity} />}
      </fieldset>
      <fieldset>
        <legend>Zoom</legend>
        <label>
          <input
            type="range"
            min={1}
            max={8}
            step={0.25}
            value={zoom.value}
            aria-label="Zoom, around the crosshair"
            onInput={(event) => (zoom.value = Number(event.currentTarget.value))}
          />{" "}
          {zoom.value.toFixed(1)}×
        </label>
      </fieldset>
      <button type="button" onClick={closeImage}>
        Close this image
      </button>
    </section>
  );
}

/** What comes next once the synthetic CT is there. The button that made it is gone: its focus goes to the one in its place. */
function Made({ uncertain }: { readonly uncertain: boolean }) {
  const save = useRef<HTMLButtonElement>(null);
  const taken = useRef(false);
  useEffect(() => {
    if (busy.value || taken.current) return;
    taken.current = true;
    if (document.activeElement === document.body) save.current?.focus({ preventScroll: true });
  }, [busy.value]);
  return (
    <>
      <button
        type="button"
        class="primary"
        ref={save}
        disabled={busy.value}
        onClick={() => void reported(study.value!.format === "dicom" ? saveDicom : () => saveNifti("sct"))}
      >
        Save the synthetic CT
      </button>
      <p class="row">
        <button
          type="button"
          onClick={() => document.querySelector(".results")?.scrollIntoView({ block: "start" })}
        >
          Numbers and other files
        </button>
        {!uncertain && (
          <button
            type="button"
            disabled={busy.value}
            onClick={() => void reported(() => synthesize({ uncertainty: true }))}
          >
            Also say how sure it is (takes four times as long)
          </button>
        )}
      </p>
    </>
  );
}

/** Changes the window as dragging does. */
function contrast(factor: number, shift: number): void {
  const { width, shift: before } = dragged.value;
  dragged.value = { width: width * factor, shift: before + shift };
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly value: Signal<T>;
  readonly choices: readonly (readonly [value: T, label: string, disabled?: boolean])[];
}

function Choice<T extends string>({ name, value, choices }: ChoiceProps<T>) {
  return (
    <div class="choices">
      {choices.map(([one, label, disabled = false]) => (
        <label key={one} class="choice">
          <input
            type="radio"
            name={name}
            value={one}
            checked={value.value === one}
            disabled={disabled}
            onChange={() => (value.value = one)}
          />
          {label}
        </label>
      ))}
    </div>
  );
}

function Slider({ label, value }: { readonly label: string; readonly value: Signal<number> }) {
  return (
    <label class="slider">
      {label}
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={value.value}
        onInput={(event) => (value.value = Number(event.currentTarget.value))}
      />
    </label>
  );
}
