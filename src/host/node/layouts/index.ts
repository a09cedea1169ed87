/** How datasets lie on disk: a layout is a value in {@link LAYOUTS}. */
import { bids } from "./bids.ts";
import { caseFolders } from "./case-folders.ts";
import { dicomCases, seriesIn } from "./dicom-cases.ts";
import { flat } from "./flat.ts";
import type { DatasetLayout } from "./layout.ts";
import { nnunet } from "./nnunet.ts";

export { type FilePatterns, patternLayout } from "./patterns.ts";

import { columnById, table, tableCases } from "./table.ts";

export type { CaseFiles } from "../case-folder.ts";
export {
  type DatasetLayout,
  type FindOptions,
  type Found,
  type FoundCase,
  type Place,
  placeOf,
  some,
} from "./layout.ts";

export { columnById, seriesIn, tableCases };

/** In the order in which they are tried: those that nothing else looks like first. */
export const LAYOUTS: readonly DatasetLayout[] = [table, nnunet, bids, flat, caseFolders, dicomCases];
