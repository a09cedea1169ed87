import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import type { Preparation, PreparationJson } from "../../../road/preparation/index.ts";
import { exists, fileError, readFileBytes, writeFileAtomic } from "../files.ts";

/** In a cache's folder: what all its cases are prepared by. */
const SETTLED = "preparation.json";

/**
 * What a cache's cases are prepared by: what the first job wrote down. Another one that asks for something else is refused; how samples are cut is
 * free, but for the axis that slices lie across.
 *
 * @throws MidashError `invalid-argument` naming what differs; `io`
 */
export async function settledPreparation(out: string, asked: Preparation): Promise<PreparationJson> {
  const path = join(out, SETTLED);
  const own = asked.toJSON();
  if (!(await exists(path))) {
    await mkdir(out, { recursive: true }).catch((cause) => {
      throw fileError(cause, out, "write");
    });
    await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(own, null, 1)}\n`));
    return own;
  }
  const settled = await readSettled(path);
  for (const [name, before, now] of compared(settled, own))
    if (JSON.stringify(before) !== JSON.stringify(now))
      fail(
        "invalid-argument",
        `its cases were prepared with ${name} ${JSON.stringify(before) ?? "none"}, and ${JSON.stringify(now) ?? "none"} is asked for`,
        { where: out, hint: "ask for the same, or choose another folder" },
      );
  return settled;
}

async function readSettled(path: string): Promise<PreparationJson> {
  try {
    return JSON.parse(new TextDecoder().decode(await readFileBytes(path))) as PreparationJson;
  } catch {
    return fail("invalid-file", "is damaged", {
      where: path,
      hint: "remove the cache's folder and prepare anew",
    });
  }
}

type Pair = readonly [name: string, before: unknown, now: unknown];

function compared(settled: PreparationJson, own: PreparationJson): readonly Pair[] {
  const types = [...new Set([...settled.steps, ...own.steps].map(({ type }) => type))];
  const step = ({ steps }: PreparationJson, wanted: string) => {
    const { type: _, ...options } = steps.find(({ type }) => type === wanted) ?? { type: wanted };
    return steps.some(({ type }) => type === wanted) ? options : undefined;
  };
  const axis = ({ sampler }: PreparationJson) => (sampler as { readonly axis?: unknown } | null)?.axis;
  return [
    ["the inputs", settled.inputs, own.inputs],
    ...types.map((type): Pair => [`the step ${type}`, step(settled, type), step(own, type)]),
    ["slices across the axis", axis(settled), axis(own)],
  ];
}
