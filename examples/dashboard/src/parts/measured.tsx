import type { MetricPreset, MetricReport } from "@midash/core";
import type { Signal } from "@preact/signals";
import { reported, working } from "../failures.ts";
import { type MaskRule, maskRule, preset } from "../measuring.ts";
import { busy } from "../study.ts";
import { compare } from "../synthesize.ts";

const NAMES = { mae: "MAE", psnr: "PSNR", ssim: "SSIM" } as const;

const PRESETS: readonly (readonly [MetricPreset, string])[] = [
  ["synthrad2023", "SynthRAD 2023"],
  ["synthrad2025", "SynthRAD 2025"],
  ["monai", "MONAI"],
  ["slice2d", "By slices"],
];
const MASKS: readonly (readonly [MaskRule, string])[] = [
  ["head", "The head"],
  ["bone", "Bone of the CT"],
  ["all", "All voxels"],
];

/** How far the synthetic CT is from the measured one, with what each number was measured on. */
export function Measured({ report }: { readonly report: MetricReport }) {
  const values = (["mae", "psnr", "ssim"] as const).flatMap((name) => {
    const value = report[name];
    return value ? [{ ...value, name: NAMES[name] }] : [];
  });
  const first = values[0];
  return (
    <>
      <table>
        <caption>Against the measured CT</caption>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ name, value, unit }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {value.toFixed(name === "SSIM" ? 3 : 1)} {unit}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {first && (
        <p class="soft">
          As {first.preset} defines them, over {first.voxels.toLocaleString("en")} voxels ({first.maskRule}).
        </p>
      )}
      <div class="row">
        <Select label="Definition" value={preset} choices={PRESETS} />
        <Select label="Voxels" value={maskRule} choices={MASKS} />
      </div>
    </>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: Signal<T>;
  readonly choices: readonly (readonly [T, string])[];
}

/** A choice after which all is measured anew. */
function Select<T extends string>({ label, value, choices }: SelectProps<T>) {
  return (
    <label class="choice">
      {label}
      <select
        value={value.value}
        disabled={busy.value}
        onChange={(event) => {
          value.value = event.currentTarget.value as T;
          void reported(() => working("Comparing with the measured CT", compare));
        }}
      >
        {choices.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
