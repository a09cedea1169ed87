import { adamItem } from "./adam";
import { doubleGradientItem, doubleItem } from "./double";
import { halveGradientItem, halveItem } from "./halve";
import {
  normEndItem,
  normGradientEndItem,
  normGradientItem,
  normGradientSumsItem,
  normItem,
  normSumsItem,
} from "./norm";
import { packItem, patchConvItem, patchGradientEndItem, patchGradientItem } from "./im2col";
import { convItem } from "./winograd";
import { filtersItem } from "./winograd-filters";
import { filterGradientEndItem, filterGradientItem } from "./winograd-gradient";

/** One item of a job. The numbers are those of JOBS in ../pool.ts. */
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
    case 4:
      return packItem(args, item, scratch);
    case 5:
      return patchConvItem(args, item, scratch);
    case 6:
      return patchGradientItem(args, item, scratch);
    case 7:
      return patchGradientEndItem(args, item, scratch);
    case 8:
      return normItem(args, item, scratch);
    case 9:
      return normGradientItem(args, item, scratch);
    case 10:
      return halveItem(args, item, scratch);
    case 11:
      return halveGradientItem(args, item, scratch);
    case 12:
      return adamItem(args, item, scratch);
    case 13:
      return normSumsItem(args, item, scratch);
    case 14:
      return normEndItem(args, item, scratch);
    case 15:
      return normGradientSumsItem(args, item, scratch);
    case 16:
      return normGradientEndItem(args, item, scratch);
    case 17:
      return doubleItem(args, item, scratch);
    case 18:
      return doubleGradientItem(args, item, scratch);
  }
}
