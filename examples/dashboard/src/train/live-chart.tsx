import { useEffect, useRef } from "preact/hooks";
import type UPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface LiveChartProps {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Steps and epochs are whole numbers. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000];

/** A curve that grows. Its numbers are in the table of epochs. */
export function LiveChart({ title, x, y, points }: LiveChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const data = (): UPlot.AlignedData => [points.map(([at]) => at), points.map(([, value]) => value)];
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    void import("uplot").then(({ default: Plot }) => {
      const box = place.current;
      if (gone || !box) return;
      const stroke = () => getComputedStyle(box).color; // asked each time: light and dark may change
      const axis = { stroke, grid: { stroke: "rgb(128 128 128 / 30%)" } };
      plot.current = new Plot(
        {
          width: Math.max(200, box.clientWidth),
          height: 220,
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false } },
          axes: [
            { ...axis, label: x, incrs: WHOLE },
            { ...axis, label: y },
          ],
          series: [{}, { stroke, width: 2, points: { show: points.length < 60 } }],
        },
        latest.current(),
        box,
      );
      watch = new ResizeObserver(() =>
        plot.current?.setSize({ width: Math.max(200, box.clientWidth), height: 220 }),
      );
      watch.observe(box);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.setData(data()), [points]);
  const last = points.at(-1);
  const label = `${title} by ${x.toLowerCase()}${last ? `; ${last[1].toPrecision(3)} at ${last[0]}` : ""}`;
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={label} />
    </figure>
  );
}
