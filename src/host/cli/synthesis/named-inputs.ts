import { assert, fail, orNearest } from "../../../base/errors/index.ts";
import type { SctMaker } from "../../node/index.ts";

/** What `--input` says: each of the model's other inputs once, optional ones at will. */
export function namedInputs(
  given: readonly string[],
  first: string,
  { inputs }: Pick<SctMaker, "inputs">,
): ReadonlyMap<string, string> {
  const others = inputs.filter(({ name }) => name !== first);
  const files = new Map<string, string>();
  const names = others.map(({ name }) => name);
  for (const [name, file] of given.map(namedFile)) {
    assert(name !== first, `"${name}" is <in> already`, { where: "--input", hint: "give it once" });
    assert(!files.has(name), `"${name}" is given twice`, { where: "--input", hint: "give it once" });
    assert(names.includes(name), `the model has no input "${name}"`, {
      where: "--input",
      hint: names.length > 0 ? orNearest(name, names) : `its only input is <in> (${first})`,
    });
    files.set(name, file);
  }
  const absent = names.filter((name, n) => !others[n]!.optional && !files.has(name));
  assert(absent.length === 0, `the model needs ${absent.join(", ")} beside <in> (${first})`, {
    where: "--input",
    hint: `add ${absent.map((name) => `--input ${name}=FILE`).join(" ")}`,
  });
  return files;
}

function namedFile(text: string): readonly [name: string, file: string] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    return fail("invalid-argument", `must be name=file, got "${text}"`, {
      where: "--input",
      hint: "e.g. --input t2=t2.nii.gz",
    });
  return [text.slice(0, at), text.slice(at + 1)];
}
