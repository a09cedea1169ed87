import type { Volume } from "@midash/core";
import { early } from "../early.ts";
import { made, study } from "../study.ts";
import { AXES, cross, front, hover, shown, valueAt } from "../view.ts";
import "../view.css";
import { tissueName } from "./class-names.ts";
import { Plane } from "./plane.tsx";
import { ProfileBox } from "./profile-box.tsx";

/** Three planes through one point, and what is there. */
export function Planes() {
  return (
    <section class="planes" aria-label="Slices" data-front={front.value}>
      <fieldset class="tabs" aria-label="Plane">
        {AXES.map((axis) => (
          <button
            key={axis}
            type="button"
            aria-pressed={front.value === axis}
            onClick={() => (front.value = axis)}
          >
            {axis}
          </button>
        ))}
      </fieldset>
      {AXES.map((axis) => (
        <Plane key={axis} axis={axis} />
      ))}
      <Readout />
      {early.value && !made.value && ["sct", "fusion"].includes(shown.value) && (
        <p class="preliminary">
          A first look at the synthetic CT, while the rest is computed. What is dark and striped is still the
          MR; what is there may change a little.
        </p>
      )}
      <ProfileBox />
    </section>
  );
}

/** Values under the pointer, or else under the crosshair. */
function Readout() {
  const opened = study.value;
  if (!opened) return null;
  const at = hover.value ?? cross.value;
  const result = made.value;
  const sct = result?.sct ?? early.value?.sct;
  const value = (volume: Volume) => valueAt(volume, at);
  const classes = result?.labels.meta.classes as readonly string[] | undefined;
  const hu = (value: number) => (Number.isNaN(value) ? "not yet" : `${Math.round(value)} HU`);
  return (
    <dl class="readout" aria-label={hover.value ? "At the pointer" : "At the crosshair"}>
      <Fact name="MR" value={String(Math.round(10 * value(opened.mr)) / 10)} />
      {sct && <Fact name="sCT" value={hu(value(sct))} />}
      {opened.ct && <Fact name="CT" value={hu(value(opened.ct))} />}
      {result?.uncertainty && <Fact name="±" value={hu(value(result.uncertainty))} />}
      {result && classes && <Fact name="Tissue" value={tissueName(classes[value(result.labels)])} />}
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
