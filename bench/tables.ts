/** Writes the stored results into docs/performance.md, between its two markers: `npm run bench:docs`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GpuResult } from "./gpu/gpu-result.ts";
import { gpuSection, limitsSection } from "./gpu/gpu-tables.ts";
import {
  type Measured,
  measuredPeer,
  OLDEST_NODE,
  type RowResult,
  type SuiteResult,
  wasBusy,
} from "./harness/result.ts";
import type { Spread } from "./harness/spread.ts";
import type { KernelTime, Profile } from "./suites/kernel-times.ts";
import { mebibytes, time } from "./table.ts";

const FOLDER = fileURLToPath(new URL("./results/", import.meta.url));
const PAGE = fileURLToPath(new URL("../docs/performance.md", import.meta.url));

/** A part of the page between two markers, which stay. */
function between(page: string, name: string, lines: readonly string[]): string {
  const [start, end] = [`<!-- ${name}: npm run bench:docs -->`, `<!-- end of ${name} -->`];
  const [before, after] = [page.indexOf(start), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`docs/performance.md lacks "${start}" or "${end}"`);
  return `${page.slice(0, before + start.length)}\n\n${lines.join("\n")}\n${page.slice(after)}`;
}

function stored<T>(folder: string): readonly (readonly [name: string, result: T])[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => [name, JSON.parse(readFileSync(`${folder}${name}`, "utf8")) as T]);
}

const gpu = stored<Partial<GpuResult>>(`${FOLDER}gpu/`).filter(([, { suite }]) => suite === "gpu");
const parts = {
  results: stored<SuiteResult>(FOLDER).map(([name, result]) => section(name, result)),
  "gpu results": gpu.flatMap(([name, result]) => gpuSection(name, result as GpuResult)),
  "gpu limits": limitsSection(),
};
writeFileSync(
  PAGE,
  Object.entries(parts).reduce(
    (page, [name, lines]) => between(page, name, lines),
    readFileSync(PAGE, "utf8"),
  ),
);

function section(name: string, result: SuiteResult): string {
  const { suite, date, device, load, versions, rows } = result;
  const [node] = versions.node!.replace("v", "").split(".");
  const oldest = node === OLDEST_NODE;
  const command = oldest ? "npm run bench --" : `npx -y -p node@${node} node .bench/dist/main.js`;
  const used = Object.entries(versions).map((pair) => pair.join(" "));
  const lines = [
    oldest ? `## ${suite}` : `## ${suite}, Node ${node}`,
    "",
    `\`${command} ${suite}\`, ${date}, ${device.cpu}, ${device.cores} cores, ${device.memoryGiB} GiB, ${device.os}. ` +
      `${used.join(", ")}. Stored: \`bench/results/${name}\`.`,
    "",
  ];
  const busy = wasBusy(result);
  if (busy)
    lines.push(
      `**Taken on a busy machine** (load ${load.toFixed(1)} a core): wall times are too long on both sides and their ratios are not quoted.`,
      "CPU time strays less; threads of a peer that wait for each other by spinning lengthen it, so its one-thread rows are the surer ones.",
      "",
    );
  lines.push(
    "| row | ours | spread | peer | time | spread | ratio | CPU ours / peer | peak MiB ours / peer | runs |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => line(row, busy)),
    "",
    ...totals(rows),
    ...rows.flatMap(kernels),
  );
  return lines.join("\n");
}

function line(row: RowResult, busy: boolean): string {
  const { id, what, ours, ratio } = row;
  const peer = measuredPeer(row);
  const quoted = ratio && !busy;
  const pair = (of: (side: Measured) => string) => `${of(ours)} / ${peer ? of(peer) : ""}`;
  const cells = [
    `**${id}**: ${what}`,
    time(ours.ms.median),
    spread(ours.ms),
    row.peer.name,
    ...(peer ? [time(peer.ms.median), spread(peer.ms)] : ["none", ""]),
    quoted ? `**${ratio.median.toFixed(2)}** (${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)})` : "",
    pair((side) => time(side.cpuMs.median)),
    pair((side) => mebibytes(side.memory.peak)),
    String(ours.ms.runs),
  ];
  if (peer && !quoted) cells[6] = "not quoted";
  return `| ${cells.join(" | ")} |`;
}

/** All steps of one volume, and the share of each. */
function totals(rows: readonly RowResult[]): string[] {
  const steps = rows.filter((row) => row.perVolume !== undefined);
  if (steps.length === 0) return [];
  const sum = (of: (row: RowResult) => number) => steps.reduce((total, row) => total + of(row), 0);
  const wall = (row: RowResult) => row.ours.ms.median * row.perVolume!;
  const cpu = (row: RowResult) => row.ours.cpuMs.median * row.perVolume!;
  const shares = [...steps]
    .sort((a, b) => cpu(b) - cpu(a))
    .slice(0, 6)
    .map((row) => `${row.id} ${((100 * cpu(row)) / sum(cpu)).toFixed(1)} %`);
  return [
    `All steps of one volume by their medians: ${time(sum(wall))}, in CPU time ${time(sum(cpu))}; of the latter ${shares.join(", ")}.${network(steps)}`,
    "",
  ];
}

/** The network's time a slice. */
function network(steps: readonly RowResult[]): string {
  const forward = steps.find((row) => row.id === "forward");
  if (!forward) return "";
  const { ours, perVolume, settings } = forward;
  const batch = Number(settings.batch);
  return ` The network: ${time(ours.ms.median / batch)} a slice (CPU ${time(ours.cpuMs.median / batch)}), ${(perVolume! * batch).toFixed(0)} slices.`;
}

function kernels({ id, details }: RowResult): string[] {
  const { profile } = details.ours as {
    readonly profile?: Omit<Profile, "kernels"> & { readonly top: readonly KernelTime[] };
  };
  if (!profile) return [];
  const phases = Object.entries(profile.phases).map(([phase, ms]) => `${phase} ${time(ms)}`);
  return [
    `Where one step of **${id}** goes (one step with every kernel timed, ${time(profile.totalMs)}): ${phases.join(", ")}, outside kernels ` +
      `${time(profile.outsideKernelsMs)}.`,
    "",
    "| kernel | phase | calls | time | share |",
    "|---|---|---|---|---|",
    ...profile.top.map(
      ({ kernel, phase, calls, ms, share }) =>
        `| ${kernel} | ${phase} | ${calls} | ${time(ms)} | ${(100 * share).toFixed(1)} % |`,
    ),
    "",
  ];
}

function spread({ q1, q3 }: Spread): string {
  return `${time(q1)}-${time(q3)}`;
}
