/**
 * Where a thread's script lies, seen from this code: beside it, or from a shared chunk or another folder of the package.
 *
 * @param path in the package's `dist`: "node/case-worker.js"
 * @returns `undefined` where the package was bundled and the script was left behind
 */
export function findScript(path: string, exists: (place: string | URL) => boolean): string | URL | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return [name, path, `../${path}`].map(fromHere).find(exists);
}

function fromHere(place: string): string | URL {
  if (typeof __filename !== "string") return new URL(place, import.meta.url);
  return `${__filename.slice(0, Math.max(__filename.lastIndexOf("/"), __filename.lastIndexOf("\\")))}/${place}`;
}
