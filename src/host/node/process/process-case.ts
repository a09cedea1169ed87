import { randomUUID } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { errorJson, errorText, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { type Plugin, Registry } from "../../../road/plugin/index.ts";
import { fileError, syncFolder, writeFileAtomic } from "../files.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { FoundCase } from "../layouts/index.ts";
import type { Lock } from "../run-lock.ts";
import { optionalParts } from "./backend-choice.ts";
import {
  caseKey,
  decidingFiles,
  digestInputs,
  type InputDigest,
  identityOf,
  type PlanIdentity,
  textDigest,
} from "./case-key.ts";
import { makeOutputs } from "./make-outputs.ts";
import type { SctMaker } from "./maker.ts";
import { openMaker } from "./open-maker.ts";
import { claimCase, PLACES, placesOf, sweepCase } from "./process-folder.ts";
import { type ProcessPlan, settledPlan } from "./process-plan.ts";
import {
  type DoneRecord,
  type FailedRecord,
  RECORD,
  RECORD_HEAD,
  readDone,
  recordBytes,
  removeFailure,
  writeFailure,
} from "./process-record.ts";
import { nameFolder } from "./whole-folder.ts";

/** Options of {@link processCase}. */
export interface ProcessCaseOptions {
  /** The folder of the cohort's results. It is made. */
  readonly out: string;
  /** What makes the synthetic CTs, opened when it is needed; for many cases of one plan. Default: opened for this case, and closed. */
  readonly maker?: () => Promise<SctMaker>;
  /** Bring formats, backends and steps of their own. Default: none. */
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
  /** From 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What became of a case. */
export type CaseOutcome = { readonly id: string } & (
  | { readonly status: "made" | "there"; readonly record: DoneRecord }
  | { readonly status: "failed"; readonly record: FailedRecord }
  /** Another process that lives is at it. */
  | { readonly status: "busy" }
);

/**
 * One unit of work: makes a case's synthetic CT, with all that the plan asks for, into `<out>/cases/<id>/`, beside a record of what was done with which version, model and
 * engine. The folder is whole or not there. It can be called again, after whatever happened and by several processes and machines at once: what is there and fits is left
 * alone, one of them works, and inputs, plan, models or a version that changed make it anew. The same inputs and plan give the same bytes, the record's times aside.
 *
 * What is wrong with a case is no error here: it becomes `<out>/failed/<id>.json`.
 *
 * @example
 * for (const found of await findMrs("cohort")) await processCase(found, { labels: true, report: true }, { out: "made" });
 *
 * @throws MidashError for the plan and its models, `io` when the disk is full or the folder can't be written, `aborted`
 */
export async function processCase(
  found: FoundCase,
  plan: ProcessPlan,
  options: ProcessCaseOptions,
): Promise<CaseOutcome> {
  throwIfAborted(options.signal);
  await makePlaces(options.out);
  return processKnown(found, await identityOf(settledPlan(plan)), options);
}

/** The folders of a cohort's results. @throws MidashError `io` */
export async function makePlaces(out: string): Promise<void> {
  for (const place of Object.values(PLACES))
    await mkdir(join(out, place), { recursive: true }).catch((cause) => {
      throw fileError(cause, out, "write");
    });
}

/** As {@link processCase}, of a plan whose models were read. */
export async function processKnown(
  found: FoundCase,
  identity: PlanIdentity,
  options: ProcessCaseOptions,
): Promise<CaseOutcome> {
  const { out, signal } = options;
  const { id } = found;
  const before = await doneBefore(found, identity, out);
  if (before) {
    await sweepCase(out, id);
    return { id, status: "there", record: before };
  }
  const claim = await claimCase(out, id);
  if (!claim) return { id, status: "busy" };
  const { work, outputs } = placesOf(out, id);
  const started = new Date();
  const clock = performance.now();
  try {
    const meanwhile = await doneBefore(found, identity, out);
    if (meanwhile) return { id, status: "there", record: meanwhile };
    await rm(work, { recursive: true, force: true }); // what a dead process left
    const files = decidingFiles(found, identity.plan);
    let inputs: Readonly<Record<string, InputDigest>> = {};
    let key: string | null = null;
    const head = () => ({
      ...RECORD_HEAD,
      id,
      plan: identity.plan,
      versions: { midash: identity.version, node: process.versions.node },
      host: hostname(),
      started: started.toISOString(),
      seconds: (performance.now() - clock) / 1000,
      inputs,
    });
    try {
      // Before they are read: what changes meanwhile is another state.
      const fingerprint = await fingerprintOf(files);
      inputs = await digestInputs(files);
      key = caseKey(identity, inputs);
      const fresh = join(work, randomUUID());
      await mkdir(fresh, { recursive: true });
      const made = await withMaker(identity, options, (maker) =>
        makeOutputs(found, identity.plan, { ...options, folder: fresh, maker }),
      );
      const record: DoneRecord = {
        ...head(),
        status: "done",
        key,
        fingerprint: fingerprint === undefined ? null : textDigest(fingerprint),
        ...made,
        model: { ...made.model, identities: identity.models },
      };
      await writeFileAtomic(join(fresh, RECORD), recordBytes(record));
      await syncFolder(fresh);
      throwIfAborted(signal);
      await claim.assertHeld();
      await nameFolder(fresh, outputs, join(work, randomUUID()));
      await removeFailure(out, id);
      return { id, status: "made", record };
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof PlanFault) throw error.cause;
      if (isNoRoom(error)) throw error;
      if (!(await isHeld(claim))) return { id, status: "busy" };
      const record: FailedRecord = {
        ...head(),
        key,
        status: "failed",
        error: errorJson(error),
        reason: errorText(errorJson(error)),
      };
      await writeFailure(out, record);
      return { id, status: "failed", record };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await claim.release();
  }
}

/** The record of outputs that are there, whole, and of these very inputs and this plan. */
export async function doneBefore(
  found: FoundCase,
  identity: PlanIdentity,
  out: string,
): Promise<DoneRecord | undefined> {
  const record = await readDone(out, found.id);
  if (!record || !(await isWhole(out, record))) return undefined;
  const files = decidingFiles(found, identity.plan);
  const sameFiles = Object.keys(files).join() === Object.keys(record.inputs).join();
  if (!sameFiles || caseKey(identity, record.inputs) !== record.key) return undefined; // of another plan, whatever the inputs hold
  const fingerprint = await fingerprintOf(files);
  if (fingerprint !== undefined && textDigest(fingerprint) === record.fingerprint) return record;
  const inputs = await digestInputs(files).catch(() => undefined); // whoever reads it next will say so
  return inputs && caseKey(identity, inputs) === record.key ? record : undefined;
}

/** Whether its outputs are there, of their sizes. */
async function isWhole(out: string, { id, outputs }: DoneRecord): Promise<boolean> {
  for (const [name, { bytes }] of Object.entries(outputs)) {
    const found = await stat(join(placesOf(out, id).outputs, name)).catch(() => undefined);
    if (found?.size !== bytes) return false;
  }
  return true;
}

/** A full disk is no fault of a case, and the next ones would fail likewise. */
function isNoRoom(error: unknown): boolean {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
  return MidashError.is(error) && ["ENOSPC", "EDQUOT"].includes(cause?.code ?? "");
}

async function isHeld(claim: Lock): Promise<boolean> {
  return claim.assertHeld().then(
    () => true,
    () => false,
  );
}

/** What is wrong with the plan or its models, and so no case's fault. */
class PlanFault extends Error {}

async function withMaker<T>(
  { plan }: PlanIdentity,
  { maker, plugins = [], signal }: ProcessCaseOptions,
  work: (maker: SctMaker) => Promise<T>,
): Promise<T> {
  const open =
    maker ??
    (() => openMaker(plan, { registry: new Registry([...optionalParts(), ...plugins]), plugins, signal }));
  let opened: SctMaker;
  try {
    opened = await open();
  } catch (cause) {
    throw new PlanFault("the models can't be opened", { cause });
  }
  try {
    return await work(opened);
  } finally {
    if (!maker) opened.dispose();
  }
}
