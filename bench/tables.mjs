// Writes the stored results into docs/performance.md, between its two markers: `npm run bench:docs`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("./results/", import.meta.url));
const PAGE = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const BUSY = 0.5; // as src/bench/result.ts
const OLDEST_NODE = "20"; // as src/cli/bench.ts
const [START, END] = ["<!-- results: npm run bench:docs -->", "<!-- end of results -->"];

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const results = files.map((name) => ({ name, ...JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8")) }));
const page = readFileSync(PAGE, "utf8");
const [before, after] = [page.indexOf(START), page.indexOf(END)];
if (before < 0 || after < before) throw new Error(`docs/performance.md lacks "${START}" or "${END}"`);
const body = results.map(section).join("\n");
writeFileSync(PAGE, `${page.slice(0, before + START.length)}\n\n${body}\n${page.slice(after)}`);

function section(result) {
  const { suite, date, device, load, versions, rows, name } = result;
  const [node] = versions.node.replace("v", "").split(".");
  const lines = [node === OLDEST_NODE ? `## ${suite}` : `## ${suite}, Node ${node}`, ""];
  const command =
    node === OLDEST_NODE ? "npm run bench --" : `npx -y -p node@${node} node dist/cli/main.js bench`;
  lines.push(
    `\`${command} ${suite}\`, ${date}, ${device.cpu}, ${device.cores} cores, ${device.memoryGiB} GiB, ${device.os}. ` +
      `${Object.entries(versions)
        .map((pair) => pair.join(" "))
        .join(", ")}. Stored: \`bench/results/${name}\`.`,
    "",
  );
  if (load > BUSY)
    lines.push(
      `**Taken on a busy machine** (load ${load.toFixed(1)} a core): wall times are too long on both sides and their ratios are not quoted.`,
      "CPU time strays less; threads of a peer that wait for each other by spinning lengthen it, so its one-thread rows are the surer ones.",
      "",
    );
  lines.push(
    "| row | ours | spread | peer | time | spread | ratio | CPU ours / peer | peak MiB ours / peer | runs |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => line(row, load > BUSY)),
    "",
    ...totals(rows),
  );
  for (const row of rows) lines.push(...kernels(row));
  return lines.join("\n");
}

function line({ id, what, ours, peer, ratio }, busy) {
  const cells = [`**${id}**: ${what}`, time(ours.ms.median), spread(ours.ms), peer.name];
  if (peer.missing) cells.push("none", "", "");
  else
    cells.push(
      time(peer.ms.median),
      spread(peer.ms),
      ratio && !busy
        ? `**${ratio.median.toFixed(2)}** (${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)})`
        : "not quoted",
    );
  const pair = (of) => `${of(ours)} / ${peer.missing ? "" : of(peer)}`;
  cells.push(
    pair((side) => time(side.cpuMs.median)),
    pair((side) => (side.memory.peak / 2 ** 20).toFixed(0)),
    String(ours.ms.runs),
  );
  return `| ${cells.join(" | ")} |`;
}

/** All steps of one volume, and what each is of them. */
function totals(rows) {
  const steps = rows.filter((row) => row.perVolume !== undefined);
  if (steps.length === 0) return [];
  const sum = (of) => steps.reduce((total, row) => total + of(row), 0);
  const wall = (row) => row.ours.ms.median * row.perVolume;
  const cpu = (row) => row.ours.cpuMs.median * row.perVolume;
  const shares = [...steps]
    .sort((a, b) => cpu(b) - cpu(a))
    .slice(0, 6)
    .map((row) => `${row.id} ${((100 * cpu(row)) / sum(cpu)).toFixed(1)} %`);
  const forward = steps.find((row) => row.id === "forward");
  const per = forward
    ? ` The network: ${time(forward.ours.ms.median / forward.settings.batch)} a slice (CPU ${time(forward.ours.cpuMs.median / forward.settings.batch)}), ` +
      `${(forward.perVolume * forward.settings.batch).toFixed(0)} slices.`
    : "";
  return [
    `All steps of one volume by their medians: ${time(sum(wall))}, in CPU time ${time(sum(cpu))}; of the latter ${shares.join(", ")}.${per}`,
    "",
  ];
}

function kernels({ id, details }) {
  const { profile } = details.ours;
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

function spread({ q1, q3 }) {
  return `${time(q1)}-${time(q3)}`;
}

function time(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}
