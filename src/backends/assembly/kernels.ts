import { convItem, filterGradientEndItem, filterGradientItem, filtersItem } from "./winograd";

/** One item of a job. The numbers are those of ../wasm/jobs.ts. */
export function runItem(kernel: i32, args: usize, item: i32, scratch: usize): void {
  switch (kernel) {
    case 0:
      return filtersItem(args, item, scratch);
    case 1:
      return convItem(args, item, scratch);
    case 2:
      return filterGradientItem(args, item, scratch);
    case 3:
      return filterGradientEndItem(args, item, scratch);
  }
}
