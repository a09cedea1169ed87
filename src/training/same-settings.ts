import { MidashError } from "../errors/index.ts";

/** @throws MidashError `invalid-argument` naming the settings in which a checkpoint's fingerprint differs from the run's */
export function assertSameSettings(before: string, now: string, where: string): void {
  if (before === now) return;
  throw new MidashError(
    "invalid-argument",
    `the checkpoint belongs to a run with other settings: ${differences(before, now)}`,
    { where, hint: "resume with the same settings, or start in another folder" },
  );
}

/** "batchSize was 4, now 8; seed was 0, now 1", from two fingerprints. */
function differences(before: string, now: string): string {
  const [a, b] = [flat(JSON.parse(before)), flat(JSON.parse(now))];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
  const shown = keys
    .slice(0, 3)
    .map((key) => `${key} was ${a[key] ?? "not set"}, now ${b[key] ?? "not set"}`);
  return [...shown, ...(keys.length > 3 ? [`and ${keys.length - 3} more`] : [])].join("; ");
}

/** { a: { b: 1 } } as { "a.b": "1" }. */
function flat(value: unknown, path = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { [path]: JSON.stringify(value).slice(0, 60) };
  const entries = Object.entries(value).map(([key, inner]) => flat(inner, path ? `${path}.${key}` : key));
  return Object.assign({}, ...entries);
}
