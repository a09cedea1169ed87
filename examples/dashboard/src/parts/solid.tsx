import type { Niivue } from "@niivue/niivue";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { theReader } from "../engine.ts";
import { reported } from "../failures.ts";
import { made } from "../study.ts";

const open = signal(false);
/** Degrees that the head is seen from. */
const view = signal({ azimuth: 130, elevation: 15 });
/** HU that are clear and opaque. */
const LEVELS = { bone: [180, 900], head: [-350, 700] } as const;
const shownLevel = signal<keyof typeof LEVELS>("bone");

/** mm of what is drawn: finer would cost eight times the memory and show no more. */
const VOXEL = 1.5;

/** The synthetic CT as a solid, by NiiVue, which is loaded when somebody opens this. */
export function Solid() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const viewer = useRef<Niivue | undefined>(undefined);
  const sct = made.value?.sct;
  const wanted = open.value && sct !== undefined;
  useEffect(() => {
    if (!wanted || !sct) return;
    let gone = false;
    void reported(async () => {
      const [{ Niivue, SLICE_TYPE }, worker] = await Promise.all([import("@niivue/niivue"), theReader()]);
      const coarse = await worker.resample(sct, { spacing: [VOXEL, VOXEL, VOXEL] });
      const file = await worker.encode(coarse, { format: "nifti" });
      if (gone || !canvas.current) return;
      const nv = new Niivue({
        backColor: [0, 0, 0, 1],
        isOrientCube: false,
        dragAndDropEnabled: false,
        loadingText: "",
        logLevel: "silent",
      });
      await nv.attachToCanvas(canvas.current);
      await nv.loadFromArrayBuffer(file.buffer as ArrayBuffer, "sct.nii");
      nv.setSliceType(SLICE_TYPE.RENDER);
      viewer.current = nv;
      turn(nv);
      level(nv);
    });
    return () => {
      gone = true;
      viewer.current?.cleanup();
      viewer.current = undefined;
    };
  }, [wanted, sct]);
  useEffect(() => {
    if (viewer.current) turn(viewer.current);
  }, [view.value]);
  useEffect(() => {
    if (viewer.current) level(viewer.current);
  }, [shownLevel.value]);
  if (!sct) return null;
  const by = (azimuth: number, elevation: number) => () => {
    const { azimuth: a, elevation: e } = view.value;
    view.value = {
      azimuth: (a + azimuth + 360) % 360,
      elevation: Math.max(-90, Math.min(90, e + elevation)),
    };
  };
  return (
    <details
      class="solid"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>In three dimensions</summary>
      {open.value && (
        <>
          <div class="stage">
            <canvas
              ref={canvas}
              role="img"
              aria-label="The synthetic CT in three dimensions"
              data-testid="solid"
            />
          </div>
          <div class="row">
            <button type="button" onClick={by(30, 0)}>
              Turn left
            </button>
            <button type="button" onClick={by(-30, 0)}>
              Turn right
            </button>
            <button type="button" onClick={by(0, 15)}>
              From above
            </button>
            <button type="button" onClick={by(0, -15)}>
              From below
            </button>
            <button
              type="button"
              aria-pressed={shownLevel.value === "head"}
              onClick={() => (shownLevel.value = shownLevel.value === "head" ? "bone" : "head")}
            >
              With skin
            </button>
          </div>
        </>
      )}
    </details>
  );
}

function turn(nv: Niivue): void {
  nv.setRenderAzimuthElevation(view.value.azimuth, view.value.elevation);
}

function level(nv: Niivue): void {
  const volume = nv.volumes[0];
  if (!volume) return;
  [volume.cal_min, volume.cal_max] = LEVELS[shownLevel.value];
  nv.updateGLVolume();
}
