/** Which part of the page is shown: by the address, so that each can be linked to and the browser's "back" goes back. */
import { signal } from "@preact/signals";

export type PagePart = "look" | "train";

const fromAddress = (): PagePart => (location.hash === "#train" ? "train" : "look");

export const pagePart = signal<PagePart>(fromAddress());
addEventListener("hashchange", () => (pagePart.value = fromAddress()));
