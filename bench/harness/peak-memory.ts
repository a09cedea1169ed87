import { readFileSync } from "node:fs";

/**
 * Most resident memory of this process so far, in bytes. On Linux the kernel's VmHWM; elsewhere getrusage's ru_maxrss, which
 * there does not count what the parent held when it started us.
 */
export function peakMemory(): number {
  if (process.platform === "linux") {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"));
    if (line) return Number(line[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
