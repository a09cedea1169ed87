/**
 * Optional packages as users meet them: the packed package started by npx, from a global installation and from a project, on a
 * machine that has none of them; and then what the error says, done.
 */
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { install, OFFLINE_NOTE, offline, root, run, withProject } from "./support/pack.ts";

const windows = process.platform === "win32";
const DICOM = join(root, "test/fixtures/dicom");
const QUIET = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];

/** How midash is started somewhere. */
type Start = (...args: readonly string[]) => Promise<string>;

/** What the error asks for: the command behind the first semicolon. */
async function askedFor(ran: Promise<string>): Promise<string> {
  const error: unknown = await ran.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const lines = String((error as Error | undefined)?.message).split("\n");
  const line = lines.find((text) => text.startsWith("midash: "));
  expect(line, lines.join("\n")).toMatch(/is not installed/);
  return line!.slice(line!.indexOf("; ") + 2);
}

/** DICOM needs nothing; compressed DICOM needs a package, and runs once the command that the error names has run in `folder`. */
async function unpacks(
  midash: Start,
  command: string,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  expect(await midash("info", join(DICOM, "mr"))).toContain("arbitrary");
  const said = await askedFor(midash("info", join(DICOM, "jpeg-ls")));
  expect(said.slice(0, command.length)).toBe(command);
  await run("npm", [...command.split(" ").slice(1), ...QUIET], folder, env);
  expect(await midash("info", join(DICOM, "jpeg-ls"))).toContain("HU");
}

test.skipIf(offline || windows)(`by npx, in an empty folder${OFFLINE_NOTE}`, () =>
  withProject({}, async (folder, tarball) => {
    const npx: Start = (...args) =>
      run("npx", ["-y", "--prefer-offline", "-p", tarball, "midash", ...args], folder);
    const lists = await askedFor(
      npx("synthesize", join(DICOM, "mr"), "o.nii", "--model", "m.safetensors", "--backend", "onnx"),
    );
    const once = /or without installing: (npx .*) midash \.\.\./.exec(lists)?.[1];
    expect(once).toBe(`npx --ignore-scripts -p ${tarball} -p onnxruntime-node`);
    const doctor = await run(
      "npx",
      ["-y", "--prefer-offline", ...once!.split(" ").slice(1), "midash", "doctor", "--quick", "--json"],
      folder,
    );
    const { backends } = JSON.parse(doctor) as { readonly backends: readonly object[] };
    expect(backends).toContainEqual(expect.objectContaining({ name: "onnx", supported: true }));
    await unpacks(npx, "npm install --prefix . dcmjs-codecs", folder);
  }),
);

test.skipIf(offline || windows)(`installed globally, and by npx beside that${OFFLINE_NOTE}`, () =>
  withProject({}, async (folder, tarball) => {
    const prefix = join(dirname(folder), "prefix");
    const env = { npm_config_prefix: prefix };
    await run("npm", ["install", "-g", ...QUIET, tarball], folder, env);
    // As a shell starts it: nothing of npm's in the environment.
    const midash: Start = (...args) => run(join(prefix, "bin/midash"), args, folder);
    await unpacks(midash, "npm install -g dcmjs-codecs", folder, env);
    // What npx runs finds it too; npm says where, when nothing else does.
    const elsewhere = join(dirname(folder), "elsewhere");
    await mkdir(elsewhere);
    const args = ["-y", "--prefer-offline", "-p", tarball, "midash", "info", join(DICOM, "jpeg-ls")];
    expect(await run("npx", args, elsewhere, env)).toContain("HU");
  }),
);

test.skipIf(offline || windows)(`in a project${OFFLINE_NOTE}`, () =>
  withProject(
    { "package.json": JSON.stringify({ name: "user", private: true }) },
    async (project, tarball) => {
      await install(project, [tarball]);
      const midash: Start = (...args) => run(join(project, "node_modules/.bin/midash"), args, project);
      await unpacks(midash, "npm install dcmjs-codecs", project);
      await cp(join(DICOM, "mr"), join(project, "mr"), { recursive: true });
      expect(await run("npx", ["midash", "info", "mr"], project)).toContain("arbitrary");
    },
  ),
);
