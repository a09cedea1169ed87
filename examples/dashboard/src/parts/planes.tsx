import { made, study } from "../study.ts";
import { AXES, cross, front, valueAt } from "../view.ts";
import { Plane } from "./plane.tsx";

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
    </section>
  );
}

/** Values under the crosshair. */
function Readout() {
  const opened = study.value;
  if (!opened) return null;
  cross.value; // read anew when it moves
  const result = made.value;
  const classes = result?.labels.meta.classes as readonly string[] | undefined;
  const hu = (value: number) => `${Math.round(value)} HU`;
  return (
    <dl class="readout" aria-label="At the crosshair">
      <Fact name="MR" value={String(Math.round(10 * valueAt(opened.mr)) / 10)} />
      {result && <Fact name="sCT" value={hu(valueAt(result.sct))} />}
      {opened.ct && <Fact name="CT" value={hu(valueAt(opened.ct))} />}
      {result?.uncertainty && <Fact name="±" value={hu(valueAt(result.uncertainty))} />}
      {result && classes && <Fact name="Tissue" value={classes[valueAt(result.labels)] ?? ""} />}
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
