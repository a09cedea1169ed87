#!/usr/bin/env node
import type { AddCommand } from "./command.ts";
import { addClassify } from "./commands/classify.ts";
import { addConvert } from "./commands/convert.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addExportOnnx } from "./commands/export-onnx.ts";
import { addImportOnnx } from "./commands/import-onnx.ts";
import { addInfo } from "./commands/info.ts";
import { addList } from "./commands/list.ts";
import { addModels } from "./commands/models.ts";
import { addPrepare } from "./commands/prepare.ts";
import { addProcess } from "./commands/process.ts";
import { addReorient } from "./commands/reorient.ts";
import { addResample } from "./commands/resample.ts";
import { addRuns } from "./commands/runs.ts";
import { addSweep } from "./commands/sweep.ts";
import { addSynthesize } from "./commands/synthesize.ts";
import { addTrain } from "./commands/train.ts";
import { runProgram } from "./program.ts";

const COMMANDS: readonly AddCommand[] = [
  addDemo,
  addPrepare,
  addTrain,
  addSweep,
  addRuns,
  addSynthesize,
  addProcess,
  addEvaluate,
  addClassify,
  addInfo,
  addConvert,
  addReorient,
  addResample,
  addModels,
  addList,
  addImportOnnx,
  addExportOnnx,
  addDoctor,
];

runProgram(COMMANDS, process.argv.slice(2));
