import { backendName, card, device, engine, leaveCard } from "../engine.ts";
import { busy } from "../study.ts";

/** What computes, and why nothing faster does; the choice of the graphics card, where there is one. */
export function EngineLine() {
  const { backend = "wasm", passedOver = [] } = engine.value ?? {}; // it is loaded when an image is open
  const offered = card.value;
  const onCard = device.value === "card";
  return (
    <div class="engine">
      <p>
        Computes on: {backendName(onCard ? "webgpu-inference" : backend)}
        {!onCard &&
          !crossOriginIsolated &&
          backend === "wasm" &&
          " (the server sends no isolation headers, so one core alone is used)"}
        {passedOver.map(({ backend: name, reason }) => (
          <span key={name}>
            . {name} can't run here: {reason}
          </span>
        ))}
      </p>
      {offered && (
        <label class="check">
          <input
            type="checkbox"
            checked={onCard}
            disabled={busy.value}
            onChange={(event) => {
              if (event.currentTarget.checked) device.value = "card";
              else leaveCard();
            }}
          />
          Use the graphics card (trial)
          {offered.software && ": a processor plays it here, which is very slow"}
        </label>
      )}
    </div>
  );
}
