import { spacingOf, type Volume } from "@midash/core";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Curves, curvesBySlice, histograms } from "../curves.ts";
import { reported } from "../failures.ts";
import { type Joint, jointOf } from "../joint.ts";
import type { Made, Study } from "../study.ts";
import { Chart } from "./chart.tsx";
import { JointChart } from "./joint-chart.tsx";

interface Drawn {
  readonly of: Volume;
  readonly against: Volume | undefined;
  readonly hu: Curves;
  readonly mean: Curves;
  readonly error?: Curves;
  readonly joint: Joint;
}

const drawn = signal<Drawn | undefined>(undefined);
const open = signal(false);

/** Charts, which are computed while somebody has them open. */
export function Charts({
  study: { ct, mr, range },
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
      const hu = await histograms(ct ? { sCT: sct, CT: ct } : { sCT: sct }, labels, ml);
      const joint = await jointOf(mr, ct ?? sct, labels, range);
      drawn.value = { of: sct, against: ct, hu, joint, ...(await curvesBySlice(sct, ct, labels)) };
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
          <Chart title="HU inside the head" x="HU" y="mL" {...found.hu} />
          <JointChart
            title={`MR and ${ct ? "measured" : "synthetic"} CT inside the head`}
            joint={found.joint}
          />
          <Chart title="Mean by axial slice, from the feet up" x="Slice" y="HU" {...found.mean} />
          {found.error && (
            <Chart title="Error by axial slice, from the feet up" x="Slice" y="MAE, HU" {...found.error} />
          )}
        </>
      )}
    </details>
  );
}
