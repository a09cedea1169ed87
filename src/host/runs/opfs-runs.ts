import { assert, MidashError } from "../../base/errors/index.ts";
import { RUN_CONFIG } from "./names.ts";
import { isAbsent, type OpfsFolder, opfsFolder } from "./opfs-folder.ts";
import { lockName, opfsRunStore } from "./opfs-run-store.ts";
import { type RunFolder, type RunFolderFiles, readRunFolder } from "./run-folder.ts";

/** Where runs lie in the private file system of a site. */
const OPFS_RUNS = "midash-runs";

/** A run that this browser keeps. */
export interface KeptRun extends Pick<RunFolder, "facts"> {
  readonly name: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** The runs that a browser keeps for a page's site, in OPFS: what `MidashWorker.training` with a name leaves. */
export const opfsRuns = {
  /** All, in the order of the alphabet. A run that a tab trains now is "going". */
  async list(): Promise<readonly KeptRun[]> {
    const root = await opfsFolder(OPFS_RUNS, false);
    const runs: KeptRun[] = [];
    if (!root) return runs;
    for await (const [name, { kind }] of root.entries()) {
      if (kind !== "directory") continue;
      const folder = (await root.getDirectoryHandle(name)) as OpfsFolder;
      const found = await filesIn(folder);
      if (!found.has(RUN_CONFIG)) continue;
      const bytes = [...found.values()].reduce((sum, { size }) => sum + size, 0);
      const { facts } = await readRunFolder(readerOf(found), { going: await isHeld(name) });
      runs.push({ name, bytes, facts });
    }
    return runs.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  },
  /** What its folder tells. */
  async open(name: string): Promise<RunFolder> {
    return readRunFolder(readerOf(await opfsRuns.files(name)), { going: await isHeld(name) });
  },
  /** Its files by their paths: "last.safetensors", "previews/epoch-0001.png", ... None where there is no such run. */
  async files(name: string): Promise<ReadonlyMap<string, File>> {
    const folder = await opfsFolder(pathOf(name), false);
    return folder ? filesIn(folder) : new Map();
  },
  /**
   * Keeps a copy of a run's folder, as `midash train` or another browser left it, so that it can go on here.
   *
   * @param files by their paths from the run's folder, as {@link opfsRuns.files} gives them
   * @throws MidashError `invalid-argument` where there is a run of this name; `io` when the storage is full, and then nothing stays
   */
  async add(name: string, files: ReadonlyMap<string, Blob>): Promise<void> {
    const path = pathOf(name);
    const release = await opfsRunStore(path).lock!();
    try {
      assert((await opfsRuns.files(name)).size === 0, `there is a run "${name}"`, {
        where: { call: "opfsRuns.add" },
        hint: "give the copy another name, or delete that run",
      });
      for (const [file, content] of files) {
        const at = file.lastIndexOf("/");
        const store = opfsRunStore(at < 0 ? path : `${path}/${file.slice(0, at)}`);
        await store.write(file.slice(at + 1), new Uint8Array(await content.arrayBuffer()));
      }
    } catch (error) {
      const there = MidashError.is(error) && error.kind === "invalid-argument";
      if (!there) await (await opfsFolder(OPFS_RUNS, true)).removeEntry(name, { recursive: true });
      throw error;
    } finally {
      await release();
    }
  },
  /** Deletes it with all its files. A run that is not there is no error. @throws MidashError `io` while a tab trains it */
  async remove(name: string): Promise<void> {
    const release = await opfsRunStore(pathOf(name)).lock!();
    try {
      const root = await opfsFolder(OPFS_RUNS, true);
      await root.removeEntry(name, { recursive: true });
    } catch (error) {
      if (!isAbsent(error)) throw error;
    } finally {
      await release();
    }
  },
};

/** A run's folder. @throws MidashError `invalid-argument` for a name that is a path */
export function pathOf(name: string): string {
  assert(/^[^./\\\0][^/\\\0]*$/.test(name), `"${name}" is no name of a run`, {
    where: { option: "run" },
    hint: "use letters, digits, spaces and dashes",
  });
  return `${OPFS_RUNS}/${name}`;
}

async function isHeld(name: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some((lock) => lock.name === lockName(pathOf(name)));
}

/** With those of folders in it; not what is being written. */
async function filesIn(folder: OpfsFolder, above = ""): Promise<Map<string, File>> {
  const found = new Map<string, File>();
  for await (const [name, entry] of folder.entries()) {
    if (name.startsWith(".")) continue;
    if (entry.kind === "file") {
      const file = await (entry as FileSystemFileHandle).getFile().catch((error) => {
        if (isAbsent(error)) return undefined; // moved meanwhile
        throw error;
      });
      if (file) found.set(above + name, file);
    } else
      for (const [path, file] of await filesIn(entry as OpfsFolder, `${above}${name}/`))
        found.set(path, file);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readerOf(files: ReadonlyMap<string, File>): RunFolderFiles {
  return {
    names: [...files.keys()],
    async read(name) {
      const file = files.get(name);
      return file && new Uint8Array(await file.arrayBuffer());
    },
  };
}
