import type { Colour } from "../../imaging/display/index.ts";
import { dotAt, GLYPH_DEPTH, GLYPH_HEIGHT, GLYPH_WIDTH, textWidth } from "./font.ts";

/** A raster of RGB pixels to draw on; what falls outside is cut off. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** 3 · width · height bytes, row by row from the top left. */
  readonly data: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(3 * width * height);
    this.rectangle(0, 0, width, height, background);
  }

  pixel(x: number, y: number, colour: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.data.set(colour, 3 * (x + this.width * y));
  }

  rectangle(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (let r = y; r < y + height; r++) for (let c = x; c < x + width; c++) this.pixel(c, r, colour);
  }

  /** Draws `text` with its top left corner at (x, y), each dot `scale` pixels wide. */
  text(x: number, y: number, text: string, colour: Colour, scale = 2): void {
    [...text].forEach((character, n) => {
      const left = x + n * (GLYPH_WIDTH + 1) * scale;
      for (let row = 0; row < GLYPH_HEIGHT + GLYPH_DEPTH; row++)
        for (let column = 0; column < GLYPH_WIDTH; column++)
          if (dotAt(character, column, row))
            this.rectangle(left + column * scale, y + row * scale, scale, scale, colour);
    });
  }

  /** {@link text} over an image: on a dark ground, so that it can be read on white too. */
  label(x: number, y: number, text: string, colour: Colour, scale = 2): void {
    const pad = scale;
    this.rectangle(x, y, textWidth(text) * scale + 2 * pad, GLYPH_HEIGHT * scale + 2 * pad, [0, 0, 0]);
    this.text(x + pad, y + pad, text, colour, scale);
  }
}
