import { useEffect, useRef } from "preact/hooks";
import { reported } from "../failures.ts";
import { openChosen } from "../open.ts";
import { choice } from "../study.ts";

/** Several images were given: which is meant? */
export function Chooser() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const found = choice.value;
  if (!found) return null;
  return (
    <section class="chooser" aria-labelledby="choose">
      <h2 id="choose" ref={heading} tabIndex={-1}>
        Which image?
      </h2>
      <p>Choose the MR. Its CT, if there is one, can be opened afterwards in the same way.</p>
      <ul>
        {found.volumes.map((volume) => (
          <li key={volume.name}>
            <button
              type="button"
              disabled={volume.problem !== undefined}
              onClick={() => void reported(() => openChosen(found.files, volume))}
            >
              {volume.name}
            </button>{" "}
            <span class="soft">
              {[
                volume.modality,
                volume.shape?.join(" × "),
                volume.files > 1 ? `${volume.files} files` : undefined,
                volume.problem,
              ]
                .filter(Boolean)
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
