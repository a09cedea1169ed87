import type { Output } from "../../src/host/cli/io/output.ts";
import { time } from "../table.ts";
import type { AdapterFacts } from "./adapter.ts";
import { ENGINES, type EngineName } from "./engines.ts";
import { type GpuResult, type GpuRow, ratioAt } from "./gpu-result.ts";

export function sayAdapter(output: Output, { info, software, features, measured }: AdapterFacts): void {
  const { f32Tflops, f16Tflops, copyGBs, dispatchUs, submissionUs } = measured;
  const half = f16Tflops === undefined ? "no float16" : `float16 ${number(f16Tflops)}`;
  const special = features.filter((name) => /f16|subgroup|timestamp/.test(name));
  output.say(
    `${info.vendor} ${info.device} (${info.description})${software ? ", a program" : ""}: ${special.join(", ")}`,
  );
  output.say(
    `Multiply-adds float32 ${number(f32Tflops)} TFLOP/s, ${half}; copies ${number(copyGBs)} GB/s; a dispatch ${number(dispatchUs)} µs, a submission ${number(submissionUs)} µs`,
  );
}

/** One line for a row that is done, as soon as it is. */
export function sayGpuRow(output: Output, row: GpuRow, rows: readonly GpuRow[]): void {
  const { id, engine, measured, missing, values, agreement } = row;
  const name = `${id}, ${ENGINES[engine].title}`;
  if (missing !== undefined) output.say(`${name}: none, ${missing}`);
  else if (!measured)
    output.say(
      `${name}: ${Object.entries(values)
        .map(([what, v]) => `${what} ${v.toExponential(1)}`)
        .join(", ")} apart`,
    );
  else {
    const ratio = engine === "midash" ? undefined : ratioAt(rows, id, "midash", engine);
    const cpu = engine === "midash" ? undefined : ratioAt(rows, id, "midash", engine, "cpuMs");
    const parts = [
      measured.perSecond === undefined ? undefined : `${number(measured.perSecond)}/s`,
      `${time(measured.ms.median)} (${time(measured.ms.q1)}-${time(measured.ms.q3)})`,
      measured.gflops === undefined ? undefined : `${number(measured.gflops)} GFLOP/s`,
      measured.share === undefined ? undefined : `${(100 * measured.share).toFixed(0)} % of multiply-adds`,
      ratio === undefined
        ? undefined
        : `midash takes ${number(ratio)}x its time, ${number(cpu!)}x on processors`,
      agreement && !(agreement.worst <= agreement.tolerance)
        ? `PARTS from ${ENGINES[agreement.beside].title} by ${agreement.worst.toExponential(1)}`
        : undefined,
    ];
    output.say(`${name}: ${parts.filter((part) => part !== undefined).join(", ")}`);
  }
}

/** All cases, an engine a column: slices a second, GFLOP/s for convolutions. */
export function sayGpuTable(output: Output, { rows, seconds, machine, driver }: GpuResult): void {
  const timed = rows.filter(({ measured }) => measured);
  const engines = (Object.keys(ENGINES) as EngineName[]).filter((name) =>
    timed.some(({ engine }) => engine === name),
  );
  const ids = [...new Set(timed.map(({ id }) => id))];
  output.say();
  output.table(
    ["a second; convolutions GFLOP/s", ...engines],
    ids.map((id) => [
      id,
      ...engines.map((name) => {
        const of = timed.find((row) => row.id === id && row.engine === name)?.measured;
        return of ? number(of.perSecond ?? of.gflops!) : "";
      }),
    ]),
  );
  output.say();
  output.say(
    `${machine.cpu}, ${machine.cores} cores, ${machine.os}${driver === undefined ? "" : `; ${driver}`}; ${seconds} s`,
  );
}

/** Three digits that mean something. */
export function number(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
