import { isUserError, type Warning, warningText } from "../../../base/errors/index.ts";
import { type Finding, isBad, lookAtCase } from "../../../evaluation/quality/index.ts";
import { qualityPicture } from "../../../evaluation/report/index.ts";
import type { ImageOrigin } from "../../../imaging/volume/index.ts";
import { type Case, type PreparedCase, prepareCase } from "../../../road/data/index.ts";
import type { Preparation } from "../../../road/preparation/index.ts";
import { removeShard, type SealedShard, sealedShard, writeSealed } from "../cache-folder.ts";
import { type CaseRecord, writeRecord } from "./case-record.ts";

/** Where a case goes, and what is known of it. */
export interface PrepareTarget {
  /** The cache's folder. */
  readonly out: string;
  readonly key: string | null;
  readonly origin: ImageOrigin;
  readonly signal?: AbortSignal;
}

/**
 * Looks at a case, prepares it where it is good, and writes its shard, then its record: a case that has a record is whole.
 *
 * @param options.onComputed called when all that is left is to write: another case may be begun
 * @throws MidashError `io`, `aborted`, `internal`; what is wrong with the case is in its record
 */
export async function prepareOne(
  source: Case,
  preparation: Preparation,
  target: PrepareTarget,
  options: { readonly onComputed?: () => void } = {},
): Promise<CaseRecord> {
  const { out, key, signal } = target;
  const { look, picture, shard } = await computed(source, preparation, target);
  options.onComputed?.();
  const entry = shard ? await writeSealed(out, shard, { signal }) : null;
  if (!entry) await removeShard(out, source.id);
  const record: CaseRecord = { schema: 1, key, look, picture, entry };
  await writeRecord(out, record);
  return record;
}

/** What is written of a case. Its images are let go of. */
async function computed(
  source: Case,
  preparation: Preparation,
  { key, origin, signal }: PrepareTarget,
): Promise<Pick<CaseRecord, "look" | "picture"> & { readonly shard: SealedShard | undefined }> {
  const names = preparation.inputs.map(({ name }) => name);
  const { look, held, pictures } = await lookAtCase(source, names, { signal });
  const picture = await qualityPicture(pictures);
  const findings: Finding[] = [...look.findings];
  const prepared =
    held && !isBad(findings) ? await preparedOr(findings, held, preparation, signal) : undefined;
  const about = { source, preparation: preparation.toJSON(), fingerprint: key ?? undefined, origin };
  return { look: { ...look, findings }, picture, shard: prepared && sealedShard(prepared, about) };
}

/** The case, or a finding why not. */
async function preparedOr(
  findings: Finding[],
  source: Case,
  preparation: Preparation,
  signal: AbortSignal | undefined,
): Promise<PreparedCase | undefined> {
  try {
    const prepared = await prepareCase(source, preparation, signal);
    findings.push(...prepared.warnings.filter(isNew).map(cleanedBy));
    return prepared;
  } catch (error) {
    if (!isUserError(error) || error.kind === "aborted") throw error;
    findings.push({ code: "unprepared", level: "bad", what: error.message });
    return undefined;
  }
}

/** NaN and HU were looked at already. */
function isNew({ code }: Warning): boolean {
  return code !== "nan" && code !== "not-hu";
}

function cleanedBy(warning: Warning): Finding {
  return { code: "cleaned", level: "doubtful", what: warningText({ ...warning, where: undefined }) };
}
