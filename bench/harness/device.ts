import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** The machine that a result was measured on. */
export interface Device {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
}

export function thisDevice(): Device {
  const all = cpus();
  return {
    cpu: (all[0]?.model ?? "unknown CPU").trim(),
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()} ${arch()}`,
  };
}

/** Load average of one minute over the number of cores; 0 on Windows, which has none. */
export function loadNow(): number {
  return loadavg()[0]! / cpus().length;
}

/** A name for files: "Intel(R) Xeon(R) Processor", 2 cores -> "intel-xeon-2-cores". */
export function deviceSlug({ cpu, cores }: Pick<Device, "cpu" | "cores">): string {
  const words = cpu
    .toLowerCase()
    .replace(/\((r|tm)\)|@.*$|\b(cpu|processor|with)\b|\d+-core/g, " ")
    .match(/[a-z0-9]+/g);
  return [...(words ?? ["cpu"]), cores, "cores"].join("-");
}
