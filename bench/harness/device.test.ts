import { expect, test } from "vitest";
import { deviceSlug, thisDevice } from "./device.ts";

test("a device's name for files", () => {
  const slug = (cpu: string, cores: number) => deviceSlug({ cpu, cores });
  expect(slug("Intel(R) Xeon(R) Processor", 2)).toBe("intel-xeon-2-cores");
  expect(slug("Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", 12)).toBe("intel-core-i7-9750h-12-cores");
  expect(slug("AMD Ryzen 9 5950X 16-Core Processor", 32)).toBe("amd-ryzen-9-5950x-32-cores");
  expect(slug("Apple M2", 8)).toBe("apple-m2-8-cores");
  expect(slug("///", 1)).toBe("cpu-1-cores");
});

test("this machine has cores and memory", () => {
  const { cores, memoryGiB, os } = thisDevice();
  expect(cores).toBeGreaterThan(0);
  expect(memoryGiB).toBeGreaterThan(0);
  expect(os).toContain(process.platform);
});
