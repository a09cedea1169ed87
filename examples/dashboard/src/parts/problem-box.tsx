import { problem } from "../study.ts";

/** What went wrong and what to do, until it is closed or something goes right. */
export function ProblemBox() {
  const found = problem.value;
  return (
    <div role="alert">
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
