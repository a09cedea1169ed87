import type { MetricReport } from "@midash/core";

const NAMES = { mae: "MAE", psnr: "PSNR", ssim: "SSIM" } as const;

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
          As {first.preset} defines them, over {first.voxels.toLocaleString("en")} voxels inside the head.
        </p>
      )}
    </>
  );
}
