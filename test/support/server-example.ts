/** The server of examples/, built in a folder as its README says. Needs `npm run build` first. */
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { root as repository } from "./pack.ts";

/** Its programs, in `<folder>/out`. */
const PROGRAMS = ["main", "worker", "processor", "enqueue", "dead"];
const PACKAGES = ["hono", "@hono", "@types", "bullmq", "ioredis", "pg"];

/** Copies and builds it. */
export async function buildServer(folder: string): Promise<void> {
  await cp(join(repository, "examples/server"), folder, { recursive: true });
  await mkdir(join(folder, "node_modules/@midash"), { recursive: true });
  await symlink(repository, join(folder, "node_modules/@midash/core"), "junction");
  for (const name of PACKAGES)
    await symlink(join(repository, "node_modules", name), join(folder, "node_modules", name), "junction");
  await build({
    entryPoints: PROGRAMS.map((name) => join(folder, "src", `${name}.ts`)),
    outdir: join(folder, "out"),
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
  });
}
