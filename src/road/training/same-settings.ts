import { MidashError } from "../../base/errors/index.ts";

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
  const first = keys.slice(0, 3).map((key) => `${key} was ${shown(a[key])}, now ${shown(b[key])}`);
  return [...first, ...(keys.length > 3 ? [`and ${keys.length - 3} more`] : [])].join("; ");
}

/** { a: { b: 1 } } as { "a.b": "1" }. Steps stand under their types: "preparation.steps.spacing.spacing". */
function flat(value: unknown, path = ""): Record<string, string> {
  const isList = Array.isArray(value);
  const leaf = typeof value !== "object" || value === null || (isList && typeof value[0] !== "object");
  if (leaf) return { [path]: JSON.stringify(value) };
  const entries = Object.entries(value).map(([key, inner]) => {
    const name = isList ? ((inner as { readonly type?: string }).type ?? key) : key;
    return flat(inner, path ? `${path}.${name}` : name);
  });
  return Object.assign({}, ...entries);
}

/** Long lists, such as case ids, cut short. */
function shown(text: string | undefined): string {
  if (text === undefined) return "not set";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
