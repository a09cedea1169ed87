import { spacingOf } from "@midash/core";
import { signal } from "@preact/signals";
import { type Curve, errorBySlice, histogram } from "../curves.ts";
import { reported } from "../failures.ts";
import type { Made, Study } from "../study.ts";
import { Chart } from "./chart.tsx";

interface Drawn {
  readonly of: Made;
  readonly hu: Curve;
  readonly error?: Curve;
}

const drawn = signal<Drawn | undefined>(undefined);

/** Charts, which are computed when somebody opens them. */
export function Charts({ study, made }: { readonly study: Study; readonly made: Made }) {
  const found = drawn.value?.of === made ? drawn.value : undefined;
  const compute = async () => {
    const { sct, labels } = made;
    const ml = spacingOf(sct.affine).reduce((product, mm) => product * mm, 1) / 1000;
    const hu = await histogram(sct, labels, ml);
    const error = study.ct && (await errorBySlice(sct, study.ct, labels));
    drawn.value = { of: made, hu, error };
  };
  return (
    <details
      class="charts"
      onToggle={(event) => {
        if (event.currentTarget.open && !found) void reported(compute);
      }}
    >
      <summary>Charts</summary>
      {found && (
        <>
          <Chart title="HU inside the head" x="HU" y="mL" curve={found.hu} />
          {found.error && (
            <Chart title="Error by axial slice, from the feet up" x="Slice" y="MAE, HU" curve={found.error} />
          )}
        </>
      )}
    </details>
  );
}
