/** A query that the server does not understand: which parameter, and why. */
export interface WrongQuery {
  readonly error: string;
  readonly where: string;
}

/** Values that each parameter may have, or their pattern. */
export type Known = Readonly<Record<string, readonly string[] | RegExp>>;

/** The parameters that were given. What is unknown, given twice or has another value is refused, not skipped: no address in a `url=` is ever followed, nor taken in silence. */
export function readQuery<K extends Known>(
  given: Readonly<Record<string, readonly string[]>>,
  known: K,
): { readonly [N in keyof K]?: string } | WrongQuery {
  const found: Record<string, string> = {};
  for (const [name, values] of Object.entries(given)) {
    const able = Object.hasOwn(known, name) ? known[name] : undefined;
    const [value = ""] = values;
    if (!able)
      return { error: `no such parameter; there are: ${Object.keys(known).join(", ")}`, where: "query" };
    if (values.length > 1) return { error: "must be given once", where: name };
    if (able instanceof RegExp ? !able.test(value) : !able.includes(value))
      return {
        error: able instanceof RegExp ? `must match ${able.source}` : `must be one of ${able.join(", ")}`,
        where: name,
      };
    found[name] = value;
  }
  return found as { readonly [N in keyof K]?: string };
}

export function isWrong(query: object): query is WrongQuery {
  return "error" in query;
}
