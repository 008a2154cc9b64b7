// A chart as a picture: its title, the plot and what lies over it, and in the foot when and until when.

import type { Drawn } from "./drawn";

/** Pixels of the picture to one of the page, so that it is sharp in a document too. */
export const SCALE = 2;
const PAD = 16;
const HEAD = 34;
const FOOT = 30;
const FONT = '"Inter Variable", sans-serif';

export type Words = { title: string; foot: string };

const token = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The picture of a chart in the current colours. */
export async function pictureOf(figure: HTMLElement, drawn: Drawn, words: Words): Promise<Blob> {
  const { width, height } = figure.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * PAD) * SCALE;
  canvas.height = (height + HEAD + FOOT + PAD) * SCALE;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no canvas");
  context.scale(SCALE, SCALE);
  context.fillStyle = token("panel");
  context.fillRect(0, 0, canvas.width, canvas.height);
  write(context, words.title, { at: [PAD, PAD + 10], font: `600 13px ${FONT}`, ink: token("ink") });
  const foot = { at: [PAD, HEAD + height + FOOT] as const, font: `12px ${FONT}`, ink: token("muted") };
  write(context, words.foot, foot);
  context.translate(PAD, HEAD);
  context.drawImage(await drawn.plot(SCALE), 0, 0, width, height);
  const { left, top } = figure.getBoundingClientRect();
  context.translate(-left, -top);
  const over = [...figure.querySelectorAll<HTMLElement>(".chart-over *, .chart-empty *")];
  // Words last, each on its own ground: a mark of something else may run through them.
  over.filter((part) => !hasWords(part)).forEach((part) => paintPart(context, part));
  over.filter(hasWords).forEach((part) => {
    paintPart(context, part);
    ownWords(context, part);
  });
  return blobOf(canvas);
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("this browser makes no picture"))));
  });
}

type Ink = { at: readonly [number, number]; font: string; ink: string };

function write(context: CanvasRenderingContext2D, text: string, { at, font, ink }: Ink) {
  context.font = font;
  context.fillStyle = ink;
  context.textBaseline = "alphabetic";
  context.fillText(text, ...at);
}

/** One element over a chart: what it is filled with, its upper edge, its own words. */
function paintPart(context: CanvasRenderingContext2D, part: HTMLElement) {
  const style = getComputedStyle(part);
  const box = part.getBoundingClientRect();
  context.save();
  if (part.classList.contains("chart-spot")) diamond(context, box);
  else if (part.classList.contains("chart-mark")) dotted(context, box);
  else if (part.classList.contains("chart-not-complete")) hatched(context, box);
  else {
    context.fillStyle = style.backgroundColor;
    context.fillRect(box.left, box.top, box.width, box.height);
    edge(context, box, style);
  }
  context.restore();
}

function edge(context: CanvasRenderingContext2D, { left, right, top }: DOMRect, style: CSSStyleDeclaration) {
  const width = Number.parseFloat(style.borderTopWidth);
  if (width === 0) return;
  context.strokeStyle = style.borderTopColor;
  context.lineWidth = width;
  context.setLineDash(style.borderTopStyle === "dashed" ? [4, 3] : []);
  line(context, left, top, right, top);
}

function dotted(context: CanvasRenderingContext2D, { left, top, bottom }: DOMRect) {
  context.strokeStyle = token("accent");
  context.setLineDash([2, 3]);
  line(context, left + 0.5, top, left + 0.5, bottom);
}

const HATCH = 7;

function hatched(context: CanvasRenderingContext2D, { left, top, width, height }: DOMRect) {
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = token("line");
  context.lineWidth = 2;
  for (let at = -height; at < width; at += HATCH * Math.SQRT2)
    line(context, left + at, top, left + at + height, top + height);
}

function diamond(context: CanvasRenderingContext2D, { left, top, width, height }: DOMRect) {
  const [x, y, reach] = [left + width / 2, top + height / 2, 5.5];
  context.beginPath();
  context.moveTo(x, y - reach);
  for (const [across, down] of [
    [reach, 0],
    [0, reach],
    [-reach, 0],
  ] as const)
    context.lineTo(x + across, y + down);
  context.closePath();
  context.fillStyle = token("panel");
  context.strokeStyle = token("ink");
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

function line(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}

const wordsIn = (part: HTMLElement) =>
  [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
const hasWords = (part: HTMLElement) => wordsIn(part).length > 0;

/** Words that an element has itself, not those of elements within it; cut where the page cuts them. */
function ownWords(context: CanvasRenderingContext2D, part: HTMLElement) {
  const style = getComputedStyle(part);
  const box = part.getBoundingClientRect();
  const range = document.createRange();
  const font = `${style.fontWeight} ${style.fontSize} ${FONT}`;
  context.save();
  if (style.overflow === "hidden") {
    context.beginPath();
    context.rect(box.left, box.top - 2, box.width, box.height + 4);
    context.clip();
  }
  for (const node of wordsIn(part)) {
    range.selectNodeContents(node);
    const { left, top, height } = range.getBoundingClientRect();
    const baseline = top + height / 2 + Number.parseFloat(style.fontSize) * 0.36;
    write(context, node.textContent?.trim() ?? "", { at: [left, baseline], font, ink: style.color });
  }
  context.restore();
}
