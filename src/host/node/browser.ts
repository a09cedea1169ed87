/**
 * What `@midash/core/node` is in a page's bundle: the same names, each with the way a page goes instead.
 *
 * @module
 */
import { fail } from "../../base/errors/index.ts";

/** Stands for a function that needs Node's files. */
function needsNode(name: string, instead: string): () => never {
  return () =>
    fail("unsupported", "needs Node's files, and this is a page", {
      where: `${name} of @midash/core/node`,
      hint: `in a page: ${instead}`,
    });
}

export const readVolume = /* @__PURE__ */ needsNode("readVolume", "decodeVolume(bytes) of @midash/core");
export const readMask = /* @__PURE__ */ needsNode("readMask", "decodeVolume(bytes) of @midash/core");
export const writeVolume = /* @__PURE__ */ needsNode(
  "writeVolume",
  "encodeVolume(volume, options) of @midash/core, which gives the file's bytes",
);
export const loadModel = /* @__PURE__ */ needsNode("loadModel", "decodeModel(bytes) of @midash/core");
export const saveModel = /* @__PURE__ */ needsNode("saveModel", "encodeModel(bundle) of @midash/core");
export const loadOnnx = /* @__PURE__ */ needsNode("loadOnnx", "fromOnnx(bytes) of @midash/core/onnx");
export const saveOnnx = /* @__PURE__ */ needsNode("saveOnnx", "exportOnnx(model) of @midash/core/onnx");
export const openDataset = /* @__PURE__ */ needsNode(
  "openDataset",
  "Dataset of @midash/core, with cases that decode the user's files",
);
export const openCohort = /* @__PURE__ */ needsNode(
  "openCohort",
  "evaluateCohort(cases) of @midash/core, with cases that decode the user's files",
);
export const caseWorkers = /* @__PURE__ */ needsNode(
  "caseWorkers",
  "openWorker() of @midash/core/worker computes beside the page",
);
export const writeCtSeries = /* @__PURE__ */ needsNode(
  "writeCtSeries",
  "encodeCtSeries(...) of @midash/core/formats/dicom, which gives the files' bytes",
);
export const listFolder = /* @__PURE__ */ needsNode(
  "listFolder",
  "listVolumes(files) of @midash/core/formats/dicom takes the files that a user chose",
);
export const fileRunStore = /* @__PURE__ */ needsNode("fileRunStore", "memoryRunStore() of @midash/core");
