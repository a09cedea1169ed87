/** "--bone-dice" of "boneDice", as commander makes the latter of the former. */
export function longFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/_/g, "-")}`;
}
