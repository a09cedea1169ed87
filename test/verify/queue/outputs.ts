/** What lies in folders of results, and whether anything was made twice. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DISTINCT } from "../../support/phantom-queue.ts";

/** Of the distinct cases, made by `midash process` without any fault: SHA-256 of the synthetic CT. */
export async function referenceOf(out: string): Promise<readonly string[]> {
  const digests: string[] = [];
  for (let n = 0; n < DISTINCT; n++) digests.push(await digest(join(out, "cases", `d${n}`, "sct.nii.gz")));
  return digests;
}

export interface Seen {
  readonly lost: readonly string[];
  /** Made again after they were first seen. */
  readonly doubled: readonly string[];
  readonly different: readonly string[];
  readonly failed: readonly string[];
  /** Claims and unfinished folders. */
  readonly left: readonly string[];
  readonly files: number;
}

/** Looks at a folder of results again and again; a record that is another than when it was first seen was made twice. */
export class OutputWatch {
  readonly #out: string;
  readonly #first = new Map<string, string>();
  readonly #doubled = new Set<string>();

  constructor(out: string) {
    this.#out = out;
  }

  get count(): number {
    return this.#first.size;
  }

  /** @returns how many are there */
  async look(all = false): Promise<number> {
    for (const id of await list(join(this.#out, "cases"))) {
      if (!all && this.#first.has(id)) continue;
      const found = await stat(join(this.#out, "cases", id, "record.json")).catch(() => undefined);
      if (!found) continue;
      const mark = `${found.ino} ${found.mtimeMs}`;
      if (!this.#first.has(id)) this.#first.set(id, mark);
      else if (this.#first.get(id) !== mark) this.#doubled.add(id);
    }
    return this.#first.size;
  }

  /** @param numberOf of the distinct case that an id is of */
  async end(
    ids: readonly string[],
    reference: readonly string[],
    numberOf: (id: string) => number,
  ): Promise<Seen> {
    await this.look(true);
    const different: string[] = [];
    let files = 0;
    for (const id of this.#first.keys()) {
      const folder = join(this.#out, "cases", id);
      const names = [...(await list(folder))].sort().join();
      const same = (await digest(join(folder, "sct.nii.gz"))) === reference[numberOf(id) % DISTINCT];
      if (!same || names !== "record.json,sct.nii.gz") different.push(id);
      files++;
    }
    return {
      lost: ids.filter((id) => !this.#first.has(id)),
      doubled: [...this.#doubled],
      different,
      failed: await list(join(this.#out, "failed")),
      left: [...(await list(join(this.#out, "claims"))), ...(await list(join(this.#out, "tmp")))],
      files,
    };
  }
}

async function digest(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
