import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { droppedFiles } from "./dropped-files.ts";
import { reported } from "./failures.ts";

/**
 * Takes what is dropped anywhere on the page, while a part of it is shown.
 *
 * @param take gets the files, those of dropped folders too
 * @returns whether something is held over the page
 */
export function useDrop(take: (files: readonly File[]) => Promise<void>): Signal<boolean> {
  const over = useSignal(false);
  useEffect(() => {
    const drop = (event: DragEvent) => {
      event.preventDefault();
      over.value = false;
      const items = event.dataTransfer?.items;
      if (items) void reported(async () => take(await droppedFiles(items)));
    };
    const drag = (event: DragEvent) => {
      event.preventDefault();
      over.value = true;
    };
    const leave = () => (over.value = false);
    document.addEventListener("drop", drop);
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    return () => {
      document.removeEventListener("drop", drop);
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
    };
  }, []);
  return over;
}
