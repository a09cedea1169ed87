/**
 * Holds the wings of docs/architecture.md: a wing of src/ imports only wings before it, a room only rooms before it, by their index.ts.
 * The rules are checked on the syntax of the files, so a type import counts like any other.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { Registry } from "../src/road/plugin/index.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const src = join(root, "src");

/** The plan: a wing imports only wings above it in this list, a room only rooms before it in its wing. A new room needs a place here. */
const WINGS: Readonly<Record<string, readonly string[]>> = {
  base: ["errors", "random", "options", "bytes", "platform", "calls"],
  imaging: ["volume", "hounsfield", "display", "surface", "formats", "artefacts", "phantom", "classifier"],
  networks: ["layers", "backends", "learning", "models"],
  road: ["preparation", "data", "plugin", "model-file", "synthesis", "training", "head"],
  evaluation: ["metrics", "scoring", "cohort", "quality", "report"],
  host: ["runs", "worker", "node", "testing", "cli"],
};
const ROOMS = Object.entries(WINGS).flatMap(([wing, rooms]) => rooms.map((room) => `${wing}/${room}`));
const TOP = ROOMS.length; // src/index.ts

/** Parts of a room that have an entrance of their own, so that the room's costs nothing of theirs: subpaths of the package. */
const SIDE_DOORS: readonly string[] = ["imaging/formats/dicom/index.ts", "road/model-file/onnx/index.ts"];

/** Who may import what from outside src/. */
const PACKAGES: readonly {
  readonly name: string;
  readonly pattern: RegExp;
  readonly rooms: readonly string[];
}[] = [
  {
    name: "tfjs",
    pattern: /^@tensorflow\//,
    rooms: ["networks/layers", "networks/backends", "networks/learning", "networks/models"],
  },
  { name: "pbf", pattern: /^pbf$/, rooms: ["networks/layers", "host/cli"] },
  { name: "node:", pattern: /^node:/, rooms: ["host/node", "host/cli"] },
];

interface SourceFile {
  /** From src/, with forward slashes. */
  readonly path: string;
  /** "" for src/index.ts. */
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
  readonly tree: ts.SourceFile;
}

function readSources(): SourceFile[] {
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(src, path), "utf8");
      const imports = ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
      const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
      return { path, room: roomOf(path), imports, text, tree };
    });
}

/** "imaging/volume" of "imaging/volume/bias/fft.ts"; "" of "index.ts". */
function roomOf(path: string): string {
  const [wing, room, ...rest] = path.split("/");
  return rest.length > 0 ? `${wing}/${room}` : "";
}

function floorOf(room: string): number {
  return room === "" ? TOP : ROOMS.indexOf(room);
}

/** Imports that leave their room for another: from where, to which room, and the path from src/. */
function crossings(files: readonly SourceFile[]) {
  return files.flatMap(({ path, room, imports }) =>
    imports
      .filter((name) => name.startsWith("."))
      .map((name) => posix.join(posix.dirname(path), name))
      .filter((target) => !target.startsWith(".."))
      .map((target) => ({ path, room, target, to: roomOf(target) }))
      .filter(({ to }) => to !== room),
  );
}

/** Files that import each other, by however many steps: each circle once, as a path back to its first file. */
function circlesOf(sources: readonly SourceFile[]): string[] {
  const targets = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter((name) => name.startsWith(".")).map((name) => posix.join(posix.dirname(path), name)),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, above: readonly string[]) => {
    if (above.includes(path)) circles.push([...above.slice(above.indexOf(path)), path].join(" -> "));
    if (done.has(path) || above.includes(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...above, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return circles;
}

function nodes(tree: ts.Node): ts.Node[] {
  const out: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    out.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return out;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

/** `console` as a value: not a comment, a property of something else, or part of a name. */
function usesConsole(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || node.text !== "console") return false;
  return !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node);
}

const TRAINABLE = new Registry().models.filter(({ part }) => part.definition.trainable !== false); // of the others one is a format, one a word

/** Networks that ship with the package (nnU-Net is none of them: it is known for how its folders lie). Everything but these places finds them through a Registry, as it finds those of plugins. */
const NETWORKS = new RegExp(`(?<!nn)(${[...TRAINABLE.map(({ name }) => name), "u-net"].join("|")})`, "i");
const NAMING_NETWORKS: readonly RegExp[] = [
  /^networks\/models\//,
  /^road\/plugin\/synthesis-parts\.ts$/,
  /^index\.ts$/,
  /^imaging\/formats\/dicom\/(tags|frames)\.ts$/, // keywords of diffusion-weighted MR
];

function mayNameNetworks(path: string): boolean {
  return NAMING_NETWORKS.some((place) => place.test(path));
}

/** Identifiers and texts; comments are no nodes. */
function namesNetwork(node: ts.Node): boolean {
  const said =
    ts.isIdentifier(node) ||
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node);
  return said && NETWORKS.test(node.text);
}

const files = readSources();
const rooms = [...new Set(files.map((file) => file.room))].filter((room) => room !== "");

describe("architecture", () => {
  test("the sources were found and parsed", () => {
    expect(files.length).toBeGreaterThan(60);
    expect(crossings(files).length).toBeGreaterThan(100);
    expect(files.filter((file) => file.room === "").map((file) => file.path)).toEqual(["index.ts"]);
  });

  test("every room has a floor", () => {
    expect(rooms.filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  test("imports go down, never up or sideways", () => {
    const wrong = crossings(files).filter(({ room, to }) => floorOf(to) >= floorOf(room));
    expect(wrong.map(({ path, target }) => `${path} -> ${target}`)).toEqual([]);
  });

  test("no circles, those of types included", () => {
    expect(circlesOf(files)).toEqual([]);
  });

  test("other rooms are entered by their index.ts", () => {
    const wrong = crossings(files).filter(
      ({ to, target }) => target !== posix.join(to, "index.ts") && !SIDE_DOORS.includes(target),
    );
    expect(wrong.map(({ path, target }) => `${path} -> ${target}`)).toEqual([]);
  });

  test("no file imports this package by its name", () => {
    const wrong = files.filter(({ imports }) => imports.some((name) => name.startsWith("@midash/")));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test.each(PACKAGES)("$name stays in its rooms", ({ pattern, rooms: allowed }) => {
    const users = files.filter(({ imports }) => imports.some((name) => pattern.test(name)));
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter(({ room }) => !allowed.includes(room)).map((file) => file.path)).toEqual([]);
  });

  test("tfjs is loaded on use: every static import of it is of types", () => {
    const wrong = files.filter(({ tree }) =>
      nodes(tree).some(
        (node) =>
          (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
          node.moduleSpecifier?.getText().includes("@tensorflow/") &&
          !(ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly : node.isTypeOnly),
      ),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
    const loaders = files.filter(({ tree }) =>
      nodes(tree).some(
        (node) =>
          ts.isCallExpression(node) &&
          node.expression.kind === ts.SyntaxKind.ImportKeyword &&
          node.arguments[0]?.getText().includes("@tensorflow/"),
      ),
    );
    expect(loaders.length).toBeGreaterThan(0);
    expect(loaders.filter(({ room }) => room !== "networks/backends").map((file) => file.path)).toEqual([]);
  });

  test("the networks' names stand in models/, the list of built-in parts and the core's index alone", () => {
    const named = files.flatMap(({ path, tree }) =>
      nodes(tree)
        .filter(namesNetwork)
        .map((node) => ({ path, text: node.getText() })),
    );
    expect(named.filter(({ path }) => mayNameNetworks(path)).length).toBeGreaterThan(10);
    expect(named.filter(({ path }) => !mayNameNetworks(path))).toEqual([]);
  });

  test("console is used in cli/ alone", () => {
    const users = files.filter(({ room, tree }) => room !== "host/cli" && nodes(tree).some(usesConsole));
    expect(users.map((file) => file.path)).toEqual([]);
  });

  test("no default exports", () => {
    const wrong = files.filter(({ tree }) => nodes(tree).some(isDefaultExport));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test("every room has an index.ts that begins with a doc comment and only exports", () => {
    for (const room of ["", ...rooms.filter((name) => name !== "host/cli")]) {
      const index = files.find((file) => file.path === posix.join(room, "index.ts"));
      expect(index, `${room}/index.ts`).toBeDefined();
      expect(index!.text, index!.path).toMatch(/^\/\*\*/);
      const others = index!.tree.statements.filter((s) => !(ts.isExportDeclaration(s) && s.exportClause));
      expect(
        others.map((statement) => statement.getText()),
        index!.path,
      ).toEqual([]);
    }
  });

  test("nothing imports cli/, whose entry is the executable main.ts", () => {
    expect(crossings(files).filter(({ to }) => to === "host/cli")).toEqual([]);
    expect(files.find((file) => file.path === "host/cli/main.ts")?.text).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("nothing outside src/ is imported but the version in package.json, by node/, cli/ and worker/, and the weights that ship, by road/head/", () => {
    const leaving = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith("."))
        .map((name) => posix.join(posix.dirname(path), name))
        .filter((target) => target.startsWith(".."))
        .map((target) => `${roomOf(path)}: ${target}`),
    );
    expect([...new Set(leaving)].sort()).toEqual([
      "host/cli: ../package.json",
      "host/node: ../package.json",
      "host/worker: ../package.json",
      "road/head: ../weights/head/head.safetensors",
    ]);
  });

  test("files are named in kebab-case", () => {
    const wrong = files.filter(({ path }) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(path));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });
});
