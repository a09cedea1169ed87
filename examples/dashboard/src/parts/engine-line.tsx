import { engine } from "../engine.ts";

/** What computes, and why nothing faster does. */
export function EngineLine() {
  const found = engine.value;
  if (!found) return <p class="engine">Getting ready…</p>;
  const { backend, threads, passedOver } = found;
  const where =
    backend === "wasm" ? `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}` : backend;
  return (
    <p class="engine">
      Computes on: {where}
      {threads === 1 &&
        backend === "wasm" &&
        " (the server sends no isolation headers, so one core alone is used)"}
      {passedOver.map(({ backend: name, reason }) => (
        <span key={name}>
          . {name} can't run here: {reason}
        </span>
      ))}
    </p>
  );
}
