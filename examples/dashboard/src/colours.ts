import { type Colour, labelColour } from "@midash/core";

/** Of the densities: air blue, fat yellow, soft tissue red, bone white, among the colours that labels have. */
export const densityColour = (label: number): Colour => labelColour([0, 5, 1, 2, 3][label] ?? 1);

export const css = ([r, g, b]: Colour) => `rgb(${r} ${g} ${b})`;
