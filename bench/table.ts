import type { Output } from "../src/host/cli/io/output.ts";
import type { Comparison } from "./harness/compare.ts";
import { measuredPeer, type RowResult, type SuiteResult, sumOfSteps, wasBusy } from "./harness/result.ts";

/** One line for a row that is done. */
export function sayRow(output: Output, row: RowResult): void {
  const peer = measuredPeer(row);
  const beside = peer ? `${row.peer.name} ${time(peer.ms.median)}` : "";
  const ratio = row.ratio ? `${row.ratio.median.toFixed(2)}x` : "";
  output.say([`${row.id}: ${time(row.ours.ms.median)}`, beside, ratio].filter(Boolean).join(", "));
}

/** All rows: times in milliseconds with their quartiles, ratios, memory. */
export function sayTable(output: Output, result: SuiteResult): void {
  const { rows, device, versions, load } = result;
  output.say();
  output.table(
    [
      "row",
      "ours",
      "quartiles",
      "peer",
      "quartiles",
      "ratio",
      "low-high",
      "CPU ours",
      "peer",
      "MiB ours",
      "peer",
    ],
    rows.map((row) => {
      const peer = measuredPeer(row);
      const { ratio, ours } = row;
      return [
        row.id,
        time(ours.ms.median),
        `${time(ours.ms.q1)}-${time(ours.ms.q3)}`,
        peer ? time(peer.ms.median) : "none",
        peer ? `${time(peer.ms.q1)}-${time(peer.ms.q3)}` : "",
        ratio ? ratio.median.toFixed(2) : row.failed ? "failed" : "",
        ratio ? `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}` : "",
        time(ours.cpuMs.median),
        peer ? time(peer.cpuMs.median) : "",
        mebibytes(ours.memory.peak),
        peer ? mebibytes(peer.memory.peak) : "",
      ];
    }),
  );
  output.say();
  for (const { id, what, peer } of rows) output.say(`  ${id}: ${what}; peer: ${peer.name}`);
  output.say();
  sayReasons(output, rows);
  const sum = sumOfSteps(rows, (row) => row.ours);
  const peers = sumOfSteps(rows, measuredPeer);
  if (sum !== undefined)
    output.say(`All steps of one volume: ${time(sum)}${peers === undefined ? "" : `; peers ${time(peers)}`}`);
  if (wasBusy(result))
    output.say(
      `The machine was busy (load ${load.toFixed(1)} a core): times are too long, and ratios wrong, most of all where a peer runs several threads.`,
    );
  output.say(`${device.cpu}, ${device.cores} cores, ${device.memoryGiB} GiB, ${device.os}`);
  output.say(
    Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", "),
  );
}

/** Why rows have no peer (once when they share the reason), and which failed. */
function sayReasons(output: Output, rows: readonly RowResult[]): void {
  const missing = new Map<string, string[]>();
  for (const { id, peer } of rows)
    if ("missing" in peer) missing.set(peer.missing, [...(missing.get(peer.missing) ?? []), id]);
  for (const [why, ids] of missing)
    output.say(ids.length === rows.length ? `Every row: ${why}` : `${ids.join(", ")}: ${why}`);
  for (const { id, failed } of rows) if (failed !== undefined) output.say(`${id} FAILED: ${failed}`);
}

/** Each row against an earlier run. */
export function sayComparison(output: Output, { date, caveats, rows }: Comparison): void {
  output.say();
  output.say(`Against the run of ${date}${caveats.length > 0 ? ` (${caveats.join("; ")})` : ""}:`);
  for (const { id, words, ratio } of rows)
    output.say(`  ${id}: ${words}${ratio === null ? "" : `; ratio to the peer ×${ratio.toFixed(2)}`}`);
  output.say();
}

/** Milliseconds with three digits that mean something, seconds from ten thousand on. */
export function time(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
