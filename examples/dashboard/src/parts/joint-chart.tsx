import { heat } from "@midash/core";
import { useEffect, useRef } from "preact/hooks";
import { coarse, type Joint } from "../joint.ts";

/** Pairs of MR and CT values as a picture, brighter where there are more, and in few bins as a table. */
export function JointChart({ title, joint }: { readonly title: string; readonly joint: Joint }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { counts, columns, rows } = joint;
    const image = new ImageData(columns, rows);
    const top = Math.log1p(counts.reduce((most, count) => Math.max(most, count), 1));
    const colour = heat(top);
    for (const [n, count] of counts.entries()) {
      const pixel = (n % columns) + columns * (rows - 1 - Math.floor(n / columns)); // bone on top
      image.data.set([...colour(Math.log1p(count)), 255], 4 * pixel);
    }
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  }, [joint]);
  const table = coarse(joint);
  const { mr, hu } = joint;
  const bins = table.length;
  const edges = ([low, high]: readonly [number, number], n: number) =>
    `${Math.round(low + ((high - low) * n) / bins)} to ${Math.round(low + ((high - low) * (n + 1)) / bins)}`;
  return (
    <figure class="chart joint">
      <figcaption>
        {title}{" "}
        <span class="soft">
          MR from left ({Math.round(mr[0])}) to right ({Math.round(mr[1])}), HU from below ({hu[0]}) to the
          top ({hu[1]}
          ); brighter: more voxels, by their logarithm
        </span>
      </figcaption>
      <canvas
        ref={canvas}
        width={joint.columns}
        height={joint.rows}
        role="img"
        aria-label={`${title}; shares are in the table below`}
      />
      <details>
        <summary>Table: {title}</summary>
        <table>
          <caption>Per cent of the voxels in the head</caption>
          <thead>
            <tr>
              <th scope="col">HU, MR:</th>
              {table.map((_, column) => (
                <th key={edges(mr, column)} scope="col">
                  {edges(mr, column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.map((_, n) => {
              const row = bins - 1 - n;
              return (
                <tr key={edges(hu, row)}>
                  <th scope="row">{edges(hu, row)}</th>
                  {table[row]!.map((share, column) => (
                    <td key={edges(mr, column)}>{share.toFixed(1)}</td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
