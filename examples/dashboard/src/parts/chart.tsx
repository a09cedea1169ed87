import { useEffect, useRef } from "preact/hooks";
import type UPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** One curve over the chart's x axis; undefined where there is nothing to show. */
export interface ChartCurve {
  readonly name: string;
  readonly y: readonly (number | undefined)[];
}

interface ChartProps {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Values of the x axis, with a digit after the point in the table where `digits` says so. */
  readonly at: readonly number[];
  readonly digits?: number;
  /** Rows of 0 too; default false: a histogram has many. */
  readonly zeros?: boolean;
  readonly curves: readonly ChartCurve[];
}

/** Lines are told apart without colour too. */
const DASHES = [[], [8, 4], [2, 3]];

/** Curves as a picture, and the same numbers as a table. */
export function Chart({ title, x, y, at, digits = 0, zeros = false, curves }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let plot: UPlot | undefined;
    let watch: ResizeObserver | undefined;
    let gone = false;
    void import("uplot").then(({ default: Plot }) => {
      const box = place.current;
      if (gone || !box) return;
      // Asked each time: light and dark may change.
      const text = () => getComputedStyle(box).color;
      const accent = () => getComputedStyle(box).getPropertyValue("--accent").trim() || text();
      const axis = { stroke: text, grid: { stroke: "rgb(128 128 128 / 30%)" } };
      plot = new Plot(
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
          series: [
            {},
            ...curves.map((_, n) => ({ stroke: n === 0 ? text : accent, width: 2, dash: DASHES[n % 3] })),
          ],
        },
        [[...at], ...curves.map((curve) => curve.y.map((value) => value ?? null))],
        box,
      );
      watch = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: 200 }));
      watch.observe(box);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      plot?.destroy();
    };
  }, [at, curves]);
  const rows = at.flatMap((value, n) =>
    curves.some((curve) => (zeros ? curve.y[n] !== undefined : curve.y[n]))
      ? [[value, curves.map((curve) => curve.y[n])] as const]
      : [],
  );
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {curves.length > 1 && (
          <span class="soft">: {curves.map(({ name }, n) => `${name} ${LINES[n % 3]}`).join(", ")}</span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}; the same numbers are in the table below`} />
      <details>
        <summary>Table: {title}</summary>
        <table aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{x}</th>
              {curves.map(({ name }) => (
                <th key={name} scope="col">
                  {curves.length > 1 ? `${name}, ${y}` : y}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([value, found]) => (
              <tr key={value}>
                <th scope="row">{value.toFixed(digits)}</th>
                {found.map((one, n) => (
                  <td key={curves[n]!.name}>{one === undefined ? "–" : one.toFixed(1)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const LINES = ["(whole line)", "(dashed)", "(dotted)"];
