/** All files among what was dropped, those in folders too, with the folders in their names. */
export async function droppedFiles(items: DataTransferItemList): Promise<File[]> {
  // The list is empty after the first wait: all entries are taken at once.
  const taken = [...items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    taken.map(async ({ entry, file }) => (entry?.isDirectory ? inEntry(entry) : file ? [file] : [])),
  );
  return found.flat();
}

async function inEntry(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [new File([file], entry.fullPath.replace(/^\//, ""))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found; // some browsers give a hundred at a time
    for (const inside of some) found.push(...(await inEntry(inside)));
  }
}
