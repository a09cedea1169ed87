import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MidashError } from "../../src/base/errors/index.ts";

/** A folder for inputs that both sides of a row read: plain files. Images are made once; weights again in each call, as their format may change. */
export class CacheFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async read(name: string): Promise<Uint8Array> {
    const file = await readFile(join(this.path, name));
    return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  }

  /** Writes what `make` gives under `name` unless the file is there. */
  async once(name: string, make: () => Promise<Uint8Array>): Promise<void> {
    if (!(await stat(join(this.path, name)).catch(() => undefined))) await this.write(name, await make());
  }

  /** Whole or not at all. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(this.path, { recursive: true });
      await writeFile(temporary, bytes, { flag: "wx" });
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw new MidashError("io", "can't write the inputs of the benchmark", {
        where: path,
        hint: "free some space, or run it in a folder that you may write to",
        cause,
      });
    }
  }
}
