import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { globalFolders } from "./global-folders.ts";
import { loadPackage } from "./index.ts";
import { installCommand } from "./install-command.ts";

let folder = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "midash-packages-")));
  await put("here/node_modules/midash-in-folder", "exports.from = 'the working directory';");
  await put("prefix/lib/node_modules/midash-global", "exports.from = 'a global folder';");
  await put("prefix/node_modules/midash-global", "exports.from = 'a global folder';"); // Windows
  await put("asked/lib/node_modules/midash-asked", "exports.from = 'where npm says';");
  await put("asked/node_modules/midash-asked", "exports.from = 'where npm says';");
  await writeFile(join(folder, "npmrc"), `prefix=${join(folder, "asked")}\n`);
  await put("here/node_modules/midash-broken", "throw new Error('wrong ELF class\\nand more');");
  await put("prefix/lib/node_modules/midash-broken-here", "exports.from = 'a global folder';");
  await put("prefix/node_modules/midash-broken-here", "exports.from = 'a global folder';");
  await put("here/node_modules/midash-broken-here", "require('midash-absent');");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function put(path: string, code: string): Promise<void> {
  await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, path, "index.js"), code);
}

function atHome(): void {
  vi.spyOn(process, "cwd").mockReturnValue(join(folder, "here"));
  vi.stubEnv("npm_config_global_prefix", join(folder, "prefix"));
}

it.each([
  ["midash-in-folder", "the working directory"],
  ["midash-global", "a global folder"],
  ["midash-broken-here", "a global folder"],
])("finds %s", async (name, from) => {
  atHome();
  expect(await loadPackage(name)).toEqual({ from });
});

it("asks npm when nothing else is left", async () => {
  for (const name of ["npm_config_prefix", "npm_config_global_prefix"]) vi.stubEnv(name, undefined);
  vi.stubEnv("npm_config_userconfig", join(folder, "npmrc"));
  expect(await loadPackage("midash-asked")).toEqual({ from: "where npm says" });
});

it("takes what the import gives before it looks anywhere, and the default of a CommonJS package", async () => {
  atHome();
  const load = async () => ({ default: { from: "beside" } });
  expect(await loadPackage("midash-in-folder", { load })).toEqual({ from: "beside" });
});

it("finds what lies beside this package", async () => {
  atHome();
  expect(await loadPackage("commander")).toHaveProperty("Command");
});

it("says what to install, and what for", async () => {
  const error = await errorOf(loadPackage("midash-absent", { why: "something is made by it" }));
  expect([error.kind, error.message]).toEqual([
    "missing-package",
    expect.stringMatching(
      /^midash-absent: the package midash-absent is not installed: something is made by it; npm install .*midash-absent/,
    ),
  ]);
});

it("says why one that is there does not load", async () => {
  atHome();
  const error = await errorOf(loadPackage("midash-broken", { where: "onnx", note: "or so" }));
  expect(error.message).toContain(
    `onnx: the package midash-broken in ${join(folder, "here/node_modules/midash-broken/index.js")} does not load: Error: wrong ELF class; npm install`,
  );
  expect(error.message).toMatch(/ \(or so\)$/);
});

it("names a command for how the tool was started", async () => {
  const install = "--ignore-scripts onnxruntime-node";
  const said = (file: string, env: Readonly<Record<string, string>> = {}) =>
    installCommand(install, file, { env });
  const npx = (ours: string) =>
    "npm install --prefix . --ignore-scripts onnxruntime-node in this folder, then the same command again, or without installing: " +
    `npx --ignore-scripts ${ours} -p onnxruntime-node midash ...`;
  const cached = "/home/a/.npm/_npx/0f/node_modules/@midash/core/dist/index.js";
  expect(said(cached)).toBe(npx("-p @midash/core"));
  expect(said(cached, { npm_config_package: "./core.tgz\n\ndcmjs-codecs" })).toBe(
    npx("-p ./core.tgz -p dcmjs-codecs"),
  );
  await mkdir(join(folder, "project"));
  await writeFile(join(folder, "project/package.json"), "{}");
  const own = join(folder, "project/node_modules/@midash/core/dist/index.js");
  expect(said(own)).toBe(`npm install ${install}`);
  const everywhere = join(folder, "prefix/lib/node_modules/@midash/core/dist/index.js");
  expect(said(everywhere)).toBe(`npm install -g ${install}`);
  expect(said("/code/core/dist/index.js")).toBe(`npm install ${install}`);
});

it("knows npm's global folders by its settings and by Node's place", () => {
  expect(
    globalFolders({ env: { npm_config_prefix: "/p" }, execPath: "/opt/node/bin/node", platform: "linux" }),
  ).toEqual(["/p/lib/node_modules", "/opt/node/lib/node_modules"]);
  expect(
    globalFolders({
      env: { APPDATA: "C:\\A" },
      execPath: "C:\\Program Files\\nodejs\\node.exe",
      platform: "win32",
    }),
  ).toEqual(["C:\\A\\npm\\node_modules", "C:\\Program Files\\nodejs\\node_modules"]);
});
