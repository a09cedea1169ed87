import { isUserError, MidashError } from "../../base/errors/index.ts";
import {
  describeGrid,
  gridAtSpacing,
  orientedGrid,
  resample,
  sameGrid,
  spacingOf,
  type Volume,
} from "../../imaging/volume/index.ts";
import type { Case } from "../../road/data/index.ts";
import type { CaseFacts, CaseLook, ImageFacts } from "./case-look.ts";
import { examinePair, type Find } from "./examine-pair.ts";
import type { Finding } from "./finding.ts";
import { factsOf, withoutNan } from "./image-facts.ts";

/** mm of the finest grid on which images are looked at, which is no finer than their own, and most voxels along its longest side. */
const FINEST = 2;
const MOST = 128;

/** What {@link lookAtCase} gives. */
export interface LookedAt {
  readonly look: CaseLook;
  /** The case with its images in memory, where all of them could be read. */
  readonly held: Case | undefined;
  /** The first input and the CT to show, on one coarse canonical grid; NaN is 0. A CT that is not in HU has another unit. */
  readonly pictures: { readonly mr?: Volume; readonly ct?: Volume };
}

/**
 * Reads a case and looks whether it may be learnt from: each image by itself, then MR and CT on each other. What compares it with other cases is
 * `judgeCohort`'s.
 *
 * @param inputs names of the inputs that count. The first one that is there is compared with the CT
 * @throws MidashError `aborted`, and what is no fault of the data: those are findings
 */
export async function lookAtCase(
  source: Case,
  inputs: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<LookedAt> {
  const { signal } = options;
  const findings: Finding[] = [];
  const read: Record<string, Volume> = {};
  const wanted = inputs.flatMap((name) =>
    source.inputs[name] ? [[name, source.inputs[name]] as const] : [],
  );
  const targets = Object.entries(source.targets ?? {});
  const all = [...wanted, ...targets, ...(source.mask ? [["mask", source.mask] as const] : [])];
  for (const [name, ref] of all) {
    const volume = await ref.load(signal).catch((error: unknown) => {
      if (!MidashError.is(error) || !isUserError(error) || signal?.aborted) throw error;
      findings.push({ code: "unreadable", level: "bad", what: `${name} can't be read: ${error.message}` });
    });
    // As numbers that all steps take as they are: else each would make its own.
    if (volume) read[name] = name === "mask" ? volume : volume.with({ data: volume.values() });
  }
  const [mrName] = wanted.map(([name]) => name).filter((name) => read[name]);
  const images = [...wanted, ...targets].flatMap(([name]) =>
    read[name] ? [[name, read[name]] as const] : [],
  );
  const first = images[0]?.[1];
  const { facts, pictures } = first
    ? examined({ images, mrName, mask: read.mask, first, signal }, findings)
    : { facts: { images: {}, simulated: false }, pictures: {} };
  const { id, patient, centre } = source;
  const hold = (refs: Case["inputs"]) =>
    Object.fromEntries(
      Object.keys(refs).flatMap((name) => (read[name] ? [[name, { load: async () => read[name]! }]] : [])),
    );
  const isWhole = all.every(([name]) => read[name]);
  return {
    look: {
      id,
      ...(patient === undefined ? {} : { patient }),
      ...(centre === undefined ? {} : { centre }),
      facts,
      findings,
    },
    held: isWhole
      ? {
          ...source,
          inputs: hold(source.inputs),
          targets: source.targets && hold(source.targets),
          ...(read.mask ? { mask: { load: async () => read.mask! } } : {}),
        }
      : undefined,
    pictures,
  };
}

interface Read {
  readonly images: readonly (readonly [name: string, volume: Volume])[];
  readonly mrName: string | undefined;
  readonly mask: Volume | undefined;
  readonly first: Volume;
  readonly signal: AbortSignal | undefined;
}

function examined(
  { images, mrName, mask, first, signal }: Read,
  findings: Finding[],
): { readonly facts: CaseFacts; readonly pictures: LookedAt["pictures"] } {
  const find: Find = (code, level, what) => void findings.push({ code, level, what });
  const canonical = orientedGrid(first);
  const spacing = spacingOf(canonical.affine);
  const extents = canonical.shape.map((n, d) => n * spacing[d]!);
  const size = Math.max(FINEST, Math.min(...spacing), Math.max(...extents) / MOST);
  const grid = gridAtSpacing(canonical, [size, size, size]);
  const facts: Record<string, ImageFacts> = {};
  const coarse: Record<string, Volume> = {};
  for (const [name, volume] of images) {
    const isApart = !sameGrid(first, volume);
    if (isApart)
      find(
        "other-grid",
        "bad",
        `${name} (${describeGrid(volume)}) is on another grid than ${images[0]![0]} (${describeGrid(first)})`,
      );
    coarse[name] = resample(volume, {
      like: grid,
      antialias: false,
      ...(isApart ? {} : { fill: "border" }), // nothing lies beyond it, and what does has not to be found out
      signal,
    });
    facts[name] = factsOf(volume, coarse[name]!);
  }
  if (mask && !sameGrid(first, mask))
    find("other-grid", "bad", `mask is on another grid: ${describeGrid(mask)}`);
  const simulated = images.some(([, volume]) => volume.simulated);
  const shown = (name: string | undefined) => {
    const full = images.find(([one]) => one === name)?.[1];
    return full && { name: name!, full, volume: coarse[name!]!, nonFinite: facts[name!]!.nonFinite };
  };
  const counted = mask && resample(mask, { like: grid, interpolation: "nearest" });
  const [mr, ct] = [shown(mrName), shown("ct")];
  const compared = examinePair(mr, ct, counted, find);
  const isHu = findings.every(({ code }) => code !== "not-hu" && code !== "wrong-image");
  return {
    facts: { images: facts, simulated, ...compared },
    pictures: {
      ...(mr ? { mr: withoutNan(mr.volume) } : {}),
      ...(ct ? { ct: withoutNan(isHu ? ct.volume : ct.volume.with({ unit: "unknown" })) } : {}),
    },
  };
}
