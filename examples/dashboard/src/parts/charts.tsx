import { spacingOf, type Volume } from "@midash/core";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Curve, errorBySlice, histogram } from "../curves.ts";
import { reported } from "../failures.ts";
import type { Made, Study } from "../study.ts";
import { Chart } from "./chart.tsx";

interface Drawn {
  readonly of: Volume;
  readonly against: Volume | undefined;
  readonly hu: Curve;
  readonly error?: Curve;
}

const drawn = signal<Drawn | undefined>(undefined);
const open = signal(false);

/** Charts, which are computed while somebody has them open. */
export function Charts({
  study: { ct },
  made: { sct, labels },
}: {
  readonly study: Study;
  readonly made: Made;
}) {
  const found = drawn.value?.of === sct && drawn.value.against === ct ? drawn.value : undefined;
  const wanted = open.value && !found;
  useEffect(() => {
    if (!wanted) return;
    void reported(async () => {
      const ml = spacingOf(sct.affine).reduce((product, mm) => product * mm, 1) / 1000;
      const hu = await histogram(sct, labels, ml);
      const error = ct && (await errorBySlice(sct, ct, labels));
      drawn.value = { of: sct, against: ct, hu, error };
    });
  }, [wanted, sct, ct]);
  return (
    <details
      class="charts"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
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
