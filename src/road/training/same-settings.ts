import { MidashError } from "../../base/errors/index.ts";

/** @throws MidashError `invalid-argument` naming the settings in which a checkpoint's fingerprint differs from the run's */
export function assertSameSettings(before: string, now: string, where: string): void {
  if (before === now) return;
  throw new MidashError(
    "invalid-argument",
    `the checkpoint belongs to a run with other settings: ${shortened(differences(JSON.parse(before), JSON.parse(now)).map(({ key, a, b }) => `${key} was ${a}, now ${b}`))}`,
    { where, hint: "resume with the same settings, or start in another folder" },
  );
}

/** @throws MidashError `invalid-argument` naming the options in which a model that weights are taken from differs from the one to train */
export function assertSameNetwork(from: Recipe, model: Recipe): void {
  const where = { call: "Trainer", option: "from" };
  if (from.name !== model.name)
    throw new MidashError(
      "invalid-argument",
      `holds weights of the model "${from.name}", not "${model.name}"`,
      {
        where,
        hint: "name that model, or none: the file's own is taken then",
      },
    );
  const others = differences(from.config, model.config).map(
    ({ key, a, b }) => `${key} is ${a} in it, here ${b}`,
  );
  if (others.length > 0)
    throw new MidashError("invalid-argument", `holds weights of another ${from.name}: ${shortened(others)}`, {
      where,
      hint: "leave the model's options out: the file's own are taken then",
    });
}

interface Recipe {
  readonly name: string;
  readonly config: unknown;
}

interface Difference {
  readonly key: string;
  readonly a: string;
  readonly b: string;
}

/** Where two values of JSON differ, whatever the order of their keys. */
function differences(one: unknown, other: unknown): readonly Difference[] {
  const [a, b] = [flat(one), flat(other)];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
  return keys.map((key) => ({ key, a: shown(a[key]), b: shown(b[key]) }));
}

function shortened(all: readonly string[]): string {
  const more = all.length > 3 ? [`and ${all.length - 3} more`] : [];
  return [...all.slice(0, 3), ...more].join("; ");
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
