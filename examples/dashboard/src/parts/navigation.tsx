import { pagePart } from "../page-part.ts";

const PARTS = [
  ["look", "Look"],
  ["train", "Train"],
] as const;

/** The parts of the page. */
export function Navigation() {
  return (
    <nav class="parts" aria-label="Parts of the page">
      {PARTS.map(([part, label]) => (
        <a key={part} href={`#${part}`} aria-current={pagePart.value === part ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
