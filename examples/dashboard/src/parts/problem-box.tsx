import { useEffect, useRef } from "preact/hooks";
import { problem } from "../study.ts";

/** What went wrong and what to do, until it is closed or something goes right. */
export function ProblemBox() {
  const found = problem.value;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (found) box.current?.scrollIntoView({ block: "nearest" }); // it may be far above what was pressed
  }, [found]);
  return (
    <div role="alert" ref={box}>
      {found && (
        <div class="problem">
          <p>{found.what}</p>
          {found.more && found.more.length > 0 && (
            <ul>
              {found.more.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          )}
          <button type="button" onClick={() => (problem.value = undefined)}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
