import { useEffect, useRef } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import type { Curve } from "../curves.ts";

interface ChartProps {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curve: Curve;
}

/** A curve as a picture, and the same numbers as a table. */
export function Chart({ title, x, y, curve }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let plot: { destroy(): void } | undefined;
    let gone = false;
    void import("uplot").then(({ default: UPlot }) => {
      const box = place.current;
      if (gone || !box) return;
      const text = getComputedStyle(box).color;
      const axis = { stroke: text, grid: { stroke: "rgb(128 128 128 / 30%)" } };
      plot = new UPlot(
        {
          width: box.clientWidth,
          height: 200,
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false } },
          axes: [
            { ...axis, label: x },
            { ...axis, label: y },
          ],
          series: [{}, { stroke: text, width: 2 }],
        },
        [[...curve.x], curve.y.map((value) => value ?? null)],
        box,
      );
    });
    return () => {
      gone = true;
      plot?.destroy();
    };
  }, [curve]);
  const rows = curve.x.flatMap((at, n) => (curve.y[n] ? [[at, curve.y[n]] as const] : []));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}; the same numbers are in the table below`} />
      <details>
        <summary>Table: {title}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{x}</th>
              <th scope="col">{y}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([at, value]) => (
              <tr key={at}>
                <th scope="row">{at}</th>
                <td>{value.toFixed(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
