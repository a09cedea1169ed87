import { drawing, lineFrom, profile } from "../profile.ts";
import { announced } from "../study.ts";
import { cross } from "../view.ts";
import { Chart } from "./chart.tsx";

/** A line through the image and the values along it. Its tools are buttons, so that it needs no mouse. */
export function ProfileBox() {
  const found = profile.value;
  const from = lineFrom.value;
  return (
    <details class="profile">
      <summary>Values along a line</summary>
      <p class="soft">
        A line begins where the crosshair is when it is set, and ends where the crosshair goes. With a mouse:
        press “Draw”, then drag in a picture.
      </p>
      <div class="row">
        <button
          type="button"
          onClick={() => {
            lineFrom.value = cross.value;
            announced.value = "The line begins here. Move the crosshair to its end.";
          }}
        >
          Begin at the crosshair
        </button>
        <button type="button" aria-pressed={drawing.value} onClick={() => (drawing.value = !drawing.value)}>
          Draw
        </button>
        <button
          type="button"
          disabled={!from}
          onClick={() => {
            lineFrom.value = undefined;
            drawing.value = false;
          }}
        >
          Remove the line
        </button>
      </div>
      {found && (
        <>
          {found.hu.length > 0 && (
            <Chart title="CT along the line" x="mm" y="HU" digits={1} zeros at={found.at} curves={found.hu} />
          )}
          <Chart title="MR along the line" x="mm" y="MR" digits={1} zeros at={found.at} curves={found.mr} />
        </>
      )}
    </details>
  );
}
