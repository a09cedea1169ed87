/**
 * The public names of every entry point, as the built package gives them: `npm run build` comes first. A change here is
 * a change of the public API and needs a changeset.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import tsupConfig from "../tsup.config.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

type Conditions = Readonly<
  Record<"import" | "require", { readonly types: string; readonly default: string }>
>;
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, Conditions | string>>;
};
const entries = Object.entries(manifest.exports).filter(
  (entry): entry is [string, Conditions] => typeof entry[1] !== "string",
);

type Module = Readonly<Record<string, unknown>>;
const viaImport = async (path: string): Promise<Module> => import(pathToFileURL(join(root, path)).href);
const viaRequire = (path: string): Module => require(join(root, path));
const namesOf = (module: Module) =>
  Object.keys(module)
    .filter((name) => name !== "default" && name !== "__esModule" && name !== "module.exports")
    .sort();

/** Runs a script in a fresh process; it prints one JSON value. */
async function inFreshProcess(script: string, type: "module" | "commonjs"): Promise<unknown> {
  const arguments_ = [`--input-type=${type}`, "--eval", script];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, arguments_, { cwd: root });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

beforeAll(() => {
  const missing = entries.flatMap(([, { import: i, require: r }]) =>
    [i.default, i.types, r.default, r.types].filter((path) => !existsSync(join(root, path))),
  );
  expect(missing, "run `npm run build` first").toEqual([]);
});

describe.each(entries)("%s", (name, { import: esm, require: cjs }) => {
  test("public names", async () => {
    expect(namesOf(await viaImport(esm.default))).toMatchSnapshot();
  });

  test("require gives the same names as import", async () => {
    expect(namesOf(viaRequire(cjs.default))).toEqual(namesOf(await viaImport(esm.default)));
  });

  test("importing it has no side effects", async () => {
    const watch = (load: string) => `
      const before = Object.getOwnPropertyNames(globalThis);
      const handlers = process.eventNames().length;
      ${load}
      const { createRequire } = process.getBuiltinModule?.("node:module") ?? (await import("node:module"));
      const cache = Object.keys(createRequire(${JSON.stringify(join(root, "package.json"))}).cache);
      console.log(JSON.stringify({
        globals: Object.getOwnPropertyNames(globalThis).filter((key) => !before.includes(key)),
        handlers: process.eventNames().length - handlers,
        engines: cache.filter((path) => path.includes("@tensorflow")),
      }));`;
    const clean = { globals: [], handlers: 0, engines: [] };
    const path = JSON.stringify(join(root, cjs.default));
    const url = JSON.stringify(pathToFileURL(join(root, esm.default)).href);
    expect(await inFreshProcess(watch(`await import(${url});`), "module"), name).toEqual(clean);
    const required = `(async () => { ${watch(`require(${path});`)} })();`;
    expect(await inFreshProcess(required, "commonjs"), name).toEqual(clean);
  });
});

test("the reference documents every entry point", () => {
  const { entryPoints } = JSON.parse(readFileSync(join(root, "typedoc.json"), "utf8"));
  const [{ entry: built }] = tsupConfig as unknown as readonly [
    { readonly entry: Readonly<Record<string, string>> },
  ];
  const sources = entries.map(
    ([, conditions]) => built[conditions.import.default.replace(/^\.\/dist\/(.*)\.js$/, "$1")]!,
  );
  expect([...entryPoints].sort()).toEqual(sources.sort());
});

describe("one Volume", () => {
  const init = { shape: [1, 1, 1], data: new Float32Array(1) };
  type VolumeClass = (new (init: object) => object) & { is(value: unknown): boolean };
  const core = (condition: "import" | "require") => (manifest.exports["."] as Conditions)[condition].default;
  const node = (condition: "import" | "require") =>
    (manifest.exports["./node"] as Conditions)[condition].default;

  /** A volume that the /node entry made, by way of a file. */
  async function throughNode(module: Module, volume: object): Promise<unknown> {
    const { mkdtemp, rm } = await import("node:fs/promises");
    const { tmpdir } = await import("node:os");
    const folder = await mkdtemp(join(tmpdir(), "midash-names-"));
    try {
      const path = join(folder, "one.nii");
      await (module.writeVolume as (path: string, volume: object) => Promise<void>)(path, volume);
      return await (module.readVolume as (path: string) => Promise<unknown>)(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("core and /node share the class, in ESM and in CJS", async () => {
    const load = { import: viaImport, require: async (path: string) => viaRequire(path) };
    for (const condition of ["import", "require"] as const) {
      const { Volume } = (await load[condition](core(condition))) as { Volume: VolumeClass };
      const read = await throughNode(await load[condition](node(condition)), new Volume(init));
      expect(read, condition).toBeInstanceOf(Volume);
    }
  });

  test("Volume.is holds across ESM and CJS", async () => {
    const { Volume: A } = (await viaImport(core("import"))) as { Volume: VolumeClass };
    const { Volume: B } = viaRequire(core("require")) as { Volume: VolumeClass };
    expect(A.is(new B(init))).toBe(true);
    expect(B.is(new A(init))).toBe(true);
    expect(A.is(init)).toBe(false);
    // A volume of one build is taken by the readers and writers of the other.
    const read = await throughNode(await viaImport(node("import")), new B(init));
    expect(B.is(read)).toBe(true);
  });
});
