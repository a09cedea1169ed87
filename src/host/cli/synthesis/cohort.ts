import { join, resolve } from "node:path";
import { assert, errorJson, fail, isUserError, throwIfAborted } from "../../../base/errors/index.ts";
import type { FoundCase, SctMaker } from "../../node/index.ts";
import { jsonBytes } from "../../runs/index.ts";
import { type Context, Incomplete, Interrupted } from "../command.ts";
import { inFlags } from "../io/in-flags.ts";
import { outputFolder } from "../io/outputs.ts";
import type { Setup } from "../io/setup.ts";
import { type CaseRecord, earlierCase, makeCaseFolder } from "./case-folder.ts";
import { type CaseEnd, SUMMARY, sayEnds, summaryOf } from "./cohort-summary.ts";
import { makeCase } from "./make-case.ts";
import type { AskedOptions, SynthesizeOptions } from "./options.ts";

/** `midash synthesize DIR OUT_DIR`: every case of a folder, one after the other; what fails stops nothing, what is done is skipped. */
export async function synthesizeCohort(
  input: string,
  out: string,
  cases: readonly FoundCase[],
  options: AskedOptions,
  { registry }: Setup,
  openMaker: () => Promise<SctMaker>,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  assert(resolve(input) !== resolve(out), "is the input too", {
    where: out,
    hint: "write to another folder",
  });
  assertForCohorts(options);
  const store = await outputFolder(out);
  const unlock = await store.lock?.();
  let maker: SctMaker | undefined;
  try {
    maker = await openMaker();
    const settings = settingsOf(maker, options);
    const done = await doneBefore(out, cases, settings, options.overwrite ?? false);
    const ends: CaseEnd[] = [];
    const summary = () => {
      const pending = cases.slice(ends.length).map(({ id }) => id);
      return summaryOf(input, out, ends, maker!, settings, pending);
    };
    const bar = output.progress("synthesising");
    try {
      for (const [n, found] of cases.entries()) {
        throwIfAborted(signal);
        const { id } = found;
        bar.update(n, cases.length, id);
        const before = done.get(id);
        ends.push(
          before
            ? { id, status: "skipped", files: before.files, warnings: before.warnings }
            : await caseEnd(id, signal, async () => {
                await earlierCase(join(out, id)); // refuses what is somebody else's
                return makeCaseFolder(out, id, (folder) =>
                  makeCase(found, folder, settings, {
                    maker: maker!,
                    options,
                    formats: registry.formats,
                    context,
                    onProgress: (share) => bar.update(n, cases.length, `${id} ${Math.floor(100 * share)} %`),
                  }),
                );
              }),
        );
        await store.write(SUMMARY, jsonBytes(summary()));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Interrupted(
        `interrupted after ${ends.length} of ${cases.length} cases; the same command goes on`,
      );
    } finally {
      bar.stop();
    }
    sayEnds(ends, maker, out, context);
    output.result(summary());
    const failed = ends.filter((end) => end.status === "failed");
    if (failed.length > 0)
      throw new Incomplete(
        `${failed.length} of ${cases.length} cases failed: ${failed.map(({ id }) => id).join(", ")}`,
        { ours: failed.some(({ kind }) => kind === "internal") },
      );
  } finally {
    maker?.dispose();
    await unlock?.();
  }
}

/** Options that are for one MR alone. */
function assertForCohorts({ input, dicomSource, report, png }: SynthesizeOptions): void {
  assert(input === undefined, "is for one MR; a cohort's inputs are found by their names", {
    where: "--input",
    hint: "call each case's files as the model's inputs are called",
  });
  assert(dicomSource === undefined, "is for one MR; a cohort's DICOM is written for its own patients", {
    where: "--dicom-source",
    hint: "leave it out",
  });
  for (const [where, file, ending] of [
    ["--report", report, /^[^/\\]+\.html?$/],
    ["--png", png, /^[^/\\]+\.png$/],
  ] as const)
    assert(
      file === undefined || ending.test(file),
      `must be a file's name in each case's folder, got "${file}"`,
      {
        where,
        hint: where === "--report" ? "e.g. report.html" : "e.g. sct.png",
      },
    );
}

/** All that decides what a case comes out as. */
function settingsOf(maker: SctMaker, options: AskedOptions) {
  const { mask, format, series, frame, description, anonymise, report, png } = options;
  const { slices = "axial for DICOM" } = options;
  const all = { ...maker.settings, slices, mask, format, series, frame, description, anonymise, report, png };
  return JSON.parse(JSON.stringify(all)) as Readonly<Record<string, unknown>>;
}

/** Cases that need not be made. @throws MidashError `invalid-argument` when they were made with other settings */
async function doneBefore(
  out: string,
  cases: readonly FoundCase[],
  settings: Readonly<Record<string, unknown>>,
  overwrite: boolean,
): Promise<ReadonlyMap<string, CaseRecord>> {
  const done = new Map<string, CaseRecord>();
  for (const { id } of cases) {
    const before = await earlierCase(join(out, id)).catch(() => undefined); // reported when its turn comes
    if (!before || overwrite) continue;
    const was = before.settings as Readonly<Record<string, unknown>>;
    const keys = [...new Set([...Object.keys(settings), ...Object.keys(was)])];
    const other = keys.find((key) => JSON.stringify(settings[key]) !== JSON.stringify(was[key]));
    if (other !== undefined)
      fail(
        "invalid-argument",
        `was made with other settings: ${other} ${JSON.stringify(was[other]) ?? "not given"}, now ${JSON.stringify(settings[other]) ?? "not given"}`,
        { where: join(out, id), hint: "choose another <out>, or give --overwrite" },
      );
    done.set(id, before);
  }
  return done;
}

/** What became of a case; only an interruption goes further. */
async function caseEnd(id: string, signal: AbortSignal, work: () => Promise<CaseRecord>): Promise<CaseEnd> {
  try {
    const { files, warnings } = await work();
    return { id, status: "made", files, warnings };
  } catch (error) {
    if (signal.aborted) throw error;
    const json = errorJson(error);
    const kind = isUserError(error) ? json.kind : "internal";
    return { id, status: "failed", kind, reason: inFlags(json) };
  }
}
