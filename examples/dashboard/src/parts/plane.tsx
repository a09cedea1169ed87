import type { SliceAxis } from "@midash/core";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { early } from "../early.ts";
import { type Painted, paint } from "../paint.ts";
import { drawing, lineFrom } from "../profile.ts";
import { made, study } from "../study.ts";
import {
  ALONG,
  cross,
  ctWindow,
  dragged,
  extent,
  hover,
  insideOf,
  mix,
  moveAlong,
  moveTo,
  opacity,
  overlay,
  type Place,
  shown,
  THROUGH,
  zoom,
} from "../view.ts";

const NAMES: Readonly<Record<SliceAxis, string>> = {
  axial: "Axial",
  coronal: "Coronal",
  sagittal: "Sagittal",
};

/** One plane: its picture with the crosshair, and a slider through its slices. */
export function Plane({ axis }: { readonly axis: SliceAxis }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painted = useRef<Painted | undefined>(undefined);
  const through = THROUGH[axis];
  const index = cross.value[through];
  const opened = study.value;
  const result = made.value ?? early.value;
  const look = {
    shown: shown.value,
    mix: mix.value,
    overlay: overlay.value,
    opacity: opacity.value,
    ctWindow: ctWindow.value,
    dragged: dragged.value,
  };
  const slice = [opened, result, index, ...Object.values(look)];
  const stale = useRef(true);
  useLayoutEffect(() => {
    stale.current = true;
  }, slice);
  // In the very next frame, once for all changes until then.
  useLayoutEffect(() => {
    const frame = requestAnimationFrame(() => {
      if (stale.current && opened && index < extent.value[through])
        painted.current = paint(opened, result, axis, index, look);
      stale.current = false;
      if (canvas.current && painted.current) draw(canvas.current, painted.current, axis);
    });
    return () => cancelAnimationFrame(frame);
  }, [...slice, String(cross.value), String(lineFrom.value), zoom.value]);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      if (event.ctrlKey)
        zoom.value = Math.max(1, Math.min(8, zoom.value * (event.deltaY < 0 ? 1.2 : 1 / 1.2)));
      else moveAlong(through, cross.value[through] - Math.sign(event.deltaY));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    const resized = new ResizeObserver(() => {
      if (painted.current) draw(element, painted.current, axis);
    });
    resized.observe(element);
    return () => {
      element.removeEventListener("wheel", wheel);
      resized.disconnect();
    };
  }, []);
  const count = extent.value[through];
  return (
    <figure class="plane" data-axis={axis}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${NAMES[axis]} slice`}
        data-testid={axis}
        onPointerLeave={() => (hover.value = undefined)}
        onContextMenu={(event) => event.preventDefault()}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          if (event.button !== 0 || event.shiftKey) return;
          const to = placeAt(event.currentTarget, painted.current, event, axis);
          if (to) moveTo(to);
          if (to && drawing.value) lineFrom.value = cross.value;
        }}
        onPointerMove={(event) => {
          const to = placeAt(event.currentTarget, painted.current, event, axis);
          hover.value = to && insideOf(to);
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          if (event.shiftKey || event.buttons === 2) {
            const { width, shift } = dragged.value;
            dragged.value = {
              width: Math.max(0.05, width * 1.01 ** event.movementX),
              shift: shift + event.movementY / 400,
            };
          } else if (to) moveTo(to);
        }}
      />
      <figcaption>
        <label>
          {NAMES[axis]}, slice {index + 1} of {count}
          <input
            type="range"
            min={0}
            max={count - 1}
            value={index}
            onInput={(event) => moveAlong(through, Number(event.currentTarget.value))}
          />
        </label>
      </figcaption>
    </figure>
  );
}

/** How a picture lies in its canvas: top left corner and size in canvas pixels, as zoomed in on the crosshair. */
function placed(canvas: HTMLCanvasElement, { image, pixel }: Painted, axis: SliceAxis) {
  const [wide, high] = [image.width * pixel[0], image.height * pixel[1]];
  const scale = Math.min(canvas.width / wide, canvas.height / high) * zoom.value;
  const [width, height] = [wide * scale, high * scale];
  const [a, b] = ALONG[axis];
  const at = (axisIndex: 0 | 1 | 2) =>
    (extent.value[axisIndex]! - 0.5 - cross.value[axisIndex]!) / extent.value[axisIndex]!;
  // In the middle where it fits; otherwise as far towards the crosshair as there is picture.
  const start = (space: number, size: number, share: number) =>
    size <= space ? (space - size) / 2 : Math.min(0, Math.max(space - size, space / 2 - share * size));
  return {
    left: start(canvas.width, width, at(a)),
    top: start(canvas.height, height, at(b)),
    width,
    height,
    crossX: at(a),
    crossY: at(b),
  };
}

function draw(canvas: HTMLCanvasElement, painted: Painted, axis: SliceAxis): void {
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0) return; // not shown
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d")!;
  const whole = new OffscreenCanvas(painted.image.width, painted.image.height);
  whole.getContext("2d")!.putImageData(painted.image, 0, 0);
  const { left, top, crossX, crossY, ...size } = placed(canvas, painted, axis);
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, left, top, size.width, size.height);
  const [x, y] = [left + crossX * size.width, top + crossY * size.height];
  context.strokeStyle = "rgb(86 180 233 / 80%)";
  context.lineWidth = ratio;
  const gap = 8 * ratio;
  context.beginPath();
  for (const [x1, y1, x2, y2] of [
    [0, y, x - gap, y],
    [x + gap, y, width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, height],
  ] as const) {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  }
  context.stroke();
  context.font = `${13 * ratio}px system-ui, sans-serif`;
  context.fillStyle = "#fff";
  context.textAlign = "center";
  const [a, b] = ALONG[axis];
  const share = (place: Place, along: 0 | 1 | 2) =>
    (extent.value[along] - 0.5 - place[along]) / extent.value[along];
  drawLine(
    context,
    (place) => [left + share(place, a) * size.width, top + share(place, b) * size.height],
    ratio,
  );
  const { edges } = painted;
  context.fillText(edges.top, width / 2, 16 * ratio);
  context.fillText(edges.bottom, width / 2, height - 6 * ratio);
  context.fillText(edges.left, 10 * ratio, height / 2);
  context.fillText(edges.right, width - 10 * ratio, height / 2);
}

/** Where on the grid the pointer is; beside the picture too. */
function placeAt(
  canvas: HTMLCanvasElement,
  painted: Painted | undefined,
  event: PointerEvent,
  axis: SliceAxis,
): number[] | undefined {
  if (!painted) return undefined;
  const { left, top, width, height } = placed(canvas, painted, axis);
  const box = canvas.getBoundingClientRect();
  const ratio = canvas.width / box.width;
  const share = [
    ((event.clientX - box.left) * ratio - left) / width,
    ((event.clientY - box.top) * ratio - top) / height,
  ];
  const to: number[] = [...cross.value];
  for (const [n, along] of ALONG[axis].entries())
    to[along] = extent.value[along]! - 0.5 - share[n]! * extent.value[along]!;
  return to;
}

/** The line of values, as it falls onto the plane. */
function drawLine(
  context: CanvasRenderingContext2D,
  at: (place: Place) => readonly [number, number],
  ratio: number,
): void {
  const from = lineFrom.value;
  if (!from) return;
  context.strokeStyle = "#f0e442";
  context.lineWidth = 2 * ratio;
  context.beginPath();
  context.moveTo(...at(from));
  context.lineTo(...at(cross.value));
  context.stroke();
}
