import { stat } from "node:fs/promises";
import { resolve } from "node:path";

export const NO_PEER =
  "no peer: run npm run bench:setup, or set MIDASH_PYTHON to a Python that has bench/peers/requirements.txt";

/** The Python of the peers: MIDASH_PYTHON, else what `npm run bench:setup` made in `.bench`. */
export async function findPython(): Promise<string | undefined> {
  const { MIDASH_PYTHON } = process.env;
  if (MIDASH_PYTHON) return MIDASH_PYTHON;
  const place = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const path = resolve(".bench", "venv", ...place);
  return (await stat(path).catch(() => undefined)) ? path : undefined;
}
