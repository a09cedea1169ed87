/**
 * The code in README, docs/cli.md and docs/guides, as a reader would use it: compiled strictly against the built package (`npm run build`
 * comes first), and run. Where a line says what it prints, it must print that.
 */

import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, type PageCode } from "./support/guides.ts";
import { root, run, tsc } from "./support/pack.ts";

/** README's training would take a night: the same code, on a network and an image small enough for a test. */
const SMALLER: readonly (readonly [string, string])[] = [
  ["baseFilters: 32, levels: 4", "baseFilters: 2, levels: 2"],
  ["size: [256, 256]", "size: [32, 28]"],
  ["  // defaults: L1", "  epochs: 1, // defaults: L1"],
];

const guides = (await readdir(join(root, "docs/guides"))).filter((name) => name.endsWith(".md"));
const pages: Readonly<Record<string, PageCode>> = Object.fromEntries([
  ["README", codeOf(join(root, "README.md"))],
  ["cli", codeOf(join(root, "docs/cli.md"))],
  ...guides.map((name) => [name.slice(0, -3), codeOf(join(root, "docs/guides", name))]),
]);
const names = Object.keys(pages);

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "midash-guides-")));
  await mkdir(join(folder, "node_modules/@midash"), { recursive: true });
  await symlink(root, join(folder, "node_modules/@midash/core"), "junction");
  await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"), "junction");
  await mkdir(join(folder, "data"));
  await cp(join(root, "test/fixtures/guides/data.mjs"), join(folder, "data.mjs"));
  await run(process.execPath, ["../data.mjs"], join(folder, "data"));
  await cp(join(root, "test/fixtures/dicom/mr"), join(folder, "data/mr-series"), { recursive: true });
  await cp(join(root, "test/fixtures/structures/axial.dcm"), join(folder, "data/rtstruct.dcm"));

  await mkdir(join(folder, "src"));
  for (const [name, { program, notRun }] of Object.entries(pages)) {
    await writeFile(join(folder, `src/${name}.ts`), `${smaller(name, program)}\nexport {};\n`);
    for (const { line, code } of notRun)
      await writeFile(join(folder, `src/${name}-${line}.ts`), `${code}\nexport {};\n`);
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    lib: ["ES2022", "DOM", "ESNext.Disposable"],
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    inlineSourceMap: true,
    rootDir: "src",
    outDir: "out",
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function smaller(name: string, program: string): string {
  if (name !== "README") return program;
  return SMALLER.reduce((text, [from, to]) => {
    expect(text.split(from).length, `README: "${from}"`).toBe(2);
    return text.replace(from, to);
  }, program);
}

test("every guide is in the index, and README leads to the index", async () => {
  const index = await readFile(join(root, "docs/README.md"), "utf8");
  for (const name of guides) expect(index).toContain(`(guides/${name})`);
  expect(await readFile(join(root, "README.md"), "utf8")).toContain("(docs/README.md)");
});

test("links between pages lead somewhere", async () => {
  const folders = ["docs", "docs/guides", "docs/decisions"];
  const inDocs = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  );
  const links: string[] = [];
  const dead: string[] = [];
  const examples = ["quickstart", "custom-model", "web-page"].map((name) => `examples/${name}/README.md`);
  const pages = ["README.md", "CONTRIBUTING.md", ...examples, ...inDocs.flat()];
  for (const page of pages.filter((name) => name.endsWith(".md"))) {
    const text = await readFile(join(root, page), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      links.push(target!);
      if (!existsSync(join(root, dirname(page), target!))) dead.push(`${page}: ${target}`);
    }
  }
  expect(links.length).toBeGreaterThan(20);
  expect(dead).toEqual([]);
});

test("all blocks compile, strictly", async () => {
  // Lines of a program are those of its page.
  await run(process.execPath, [tsc, "-p", "."], folder);
});

test.each(names)("%s: its code runs and prints what it says", async (name) => {
  const { program, prints } = pages[name]!;
  expect(program.trim()).not.toBe("");
  const here = join(folder, "run", name);
  await cp(join(folder, "data"), here, { recursive: true });
  const output = await run(process.execPath, ["--enable-source-maps", `../../out/${name}.js`], here);
  const printed = output.split("\n").map((line) => line.trimEnd());
  let from = 0;
  // README's comments explain, with names in place of values.
  for (const { line, text } of name === "README" ? [] : prints) {
    const at = printed.indexOf(text, from);
    expect(at, `${name}.md:${line} should print "${text}"\nit printed:\n${output}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
});
