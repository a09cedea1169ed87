import { wasBusy } from "../harness/result.ts";
import { inference, operationsOf, training } from "./cases.ts";
import { ENGINES, type EngineName } from "./engines.ts";
import { type GpuResult, type GpuRow, ratioAt } from "./gpu-result.ts";
import { number } from "./say-gpu.ts";

/** What a card could do at most, by its data sheet, in TFLOP/s. */
const H100 = {
  float32: 67,
  /** Dense, by the instructions that WGSL's subgroup matrices become: some five eighths of the 989 that Hopper's own reach. */
  matrices: 625,
};

/** The section of a stored run: all engines of each case beside ours. */
export function gpuSection(name: string, result: GpuResult): readonly string[] {
  const { rows, adapter, machine, date, driver, versions, engines, size, minutes, seconds, load } = result;
  const timed = rows.filter(({ measured }) => measured);
  const columns = (Object.keys(ENGINES) as EngineName[]).filter((engine) =>
    timed.some((row) => row.engine === engine),
  );
  const ids = [...new Set(timed.map(({ id }) => id))];
  const versionsOf = { ...versions, ...Object.assign({}, ...Object.values(engines)) } as Readonly<
    Record<string, unknown>
  >;
  const used = ["node", "midash", "tfjs", "jax-js", "torch", "cuda"].flatMap((what) =>
    versionsOf[what] === undefined ? [] : [`${what} ${versionsOf[what]}`],
  );
  const checks = rows.filter((row) => row.settings.kind === "check" && Object.keys(row.values).length > 0);
  return [
    `#### ${adapter.info.description || adapter.info.device}${size === "tiny" ? ": tiny shapes" : ""}`,
    "",
    `\`npm run bench -- gpu${size === "tiny" ? " --tiny" : ""}\`, ${date}, ${machine.cpu}, ${machine.cores} cores, ${machine.os}${driver ? `; ${driver}` : ""}. ${used.join(", ")}. ${seconds} s${minutes === null ? "" : ` of ${minutes} min`}, load ${load.toFixed(1)} a core before it. Stored: \`bench/results/gpu/${name}\`.`,
    ...(adapter.software
      ? [
          "",
          "The adapter is a program on the processor: only ratios between engines of one run mean anything. They are of time on processors.",
        ]
      : []),
    ...(wasBusy(result) ? ["", "**Taken on a busy machine**: times by the clock are too long."] : []),
    "",
    `Multiply-adds in registers: ${number(1000 * adapter.measured.f32Tflops)} GFLOP/s in float32. ` +
      checks
        .map(
          ({ what, engine, values }) =>
            `${ENGINES[engine].title}, ${what}: ${Object.entries(values)
              .map(([of, v]) => `${of} ${v.toExponential(1)}`)
              .join(", ")} apart.`,
        )
        .join(" "),
    "",
    `| a second (ours' time over the engine's) | ${columns.map((engine) => ENGINES[engine].title).join(" | ")} | share of multiply-adds, ours |`,
    `|---|${columns.map(() => "---|").join("")}---|`,
    ...ids.map((id) => line(id, columns, timed, adapter.software ? "cpuMs" : "ms")),
    "",
    ...missing(rows),
  ];
}

function line(
  id: string,
  columns: readonly EngineName[],
  rows: readonly GpuRow[],
  by: "ms" | "cpuMs",
): string {
  const at = (engine: EngineName) => rows.find((row) => row.id === id && row.engine === engine);
  const cells = columns.map((engine) => {
    const { measured } = at(engine) ?? {};
    if (!measured) return "";
    const ratio = engine === "midash" ? undefined : ratioAt(rows, id, "midash", engine, by);
    const speed =
      measured.perSecond === undefined ? `${number(measured.gflops!)} GFLOP/s` : number(measured.perSecond);
    return ratio === undefined ? speed : `${speed} (${number(ratio)})`;
  });
  const { share } = at("midash")?.measured ?? {};
  const what = rows.find((row) => row.id === id)!.what;
  return `| **${id}**: ${what} | ${cells.join(" | ")} | ${share === undefined ? "" : `${(100 * share).toFixed(0)} %`} |`;
}

/** Each reason once. */
function missing(rows: readonly GpuRow[]): readonly string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { engine, missing: why } of rows)
    if (why !== undefined) reasons.set(why, (reasons.get(why) ?? new Set()).add(ENGINES[engine].title));
  return [...reasons].map(([why, titles]) => `- Not measured: ${[...titles].join("; ")}: ${why}.`);
}

/** What arithmetic allows: computed from the operations of the networks, not measured. */
export function limitsSection(): readonly string[] {
  // Smaller networks are bound by memory long before.
  const shapes = (
    [
      [64, 256],
      [64, 128],
      [32, 256],
    ] as const
  ).map(([baseFilters, size]) => ({
    dims: 2 as const,
    baseFilters,
    levels: 5,
    size,
    batch: 1,
  }));
  return [
    "| U-Net, 5 resolutions | GFLOP a slice: forward; training | H100, float32: inference; training | H100, float16 by WGSL's matrices: inference; training |",
    "|---|---|---|---|",
    ...shapes.map((shape) => {
      const [asked, trained] = [inference([shape])[0]!, training([shape])[0]!].map(
        (of) => operationsOf(of)! / 1e9,
      ) as [number, number];
      const most = (tflops: number, gflop: number) => ((1000 * tflops) / gflop).toFixed(0);
      return `| base ${shape.baseFilters}, ${shape.size}² | ${number(asked)}; ${number(trained)} | ${most(H100.float32, asked)}; ${most(H100.float32, trained)} slices/s | ${most(H100.matrices, asked)}; ${most(H100.matrices, trained)} slices/s |`;
    }),
    "",
  ];
}
