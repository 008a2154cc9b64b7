// Charts on the page, so that what shows one can take it along: its points, its ends, and the plot drawn again, larger.

export type Drawn = {
  /** A row for each step, or for each point. */
  rows: () => readonly object[];
  /** The first and the last instant, in seconds since 1970. */
  ends: readonly [number, number];
  /** The plot without what lies over it, in pixels that are `1 / scale` of the page's. */
  plot: (scale: number) => Promise<HTMLCanvasElement>;
};

const charts = new WeakMap<Element, Drawn>();

/** Keeps a chart under its element. */
export function keepDrawn(figure: Element | null, drawn: Drawn) {
  if (figure) charts.set(figure, drawn);
}

/** The first chart within a part of the page. */
export function drawnIn(part: Element | null): { figure: HTMLElement; drawn: Drawn } | null {
  const figure = part?.querySelector<HTMLElement>("figure.chart") ?? null;
  const drawn = figure && charts.get(figure);
  return figure && drawn ? { figure, drawn } : null;
}
