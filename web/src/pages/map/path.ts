// The line of an edge along its corners, rounded. Pure.

import type { Place } from "./layout";

const RADIUS = 8;

/** An SVG path through the corners, each but the ends rounded as far as the next one allows. */
export function rounded(corners: readonly Place[]): string {
  const [first, ...rest] = corners;
  if (!first) return "";
  const parts = [`M ${first.x} ${first.y}`];
  let last = first;
  rest.forEach((corner, index) => {
    const next = rest[index + 1];
    const before = toward(corner, last);
    last = corner;
    if (!next) {
      parts.push(`L ${corner.x} ${corner.y}`);
      return;
    }
    const after = toward(corner, next);
    parts.push(`L ${before.x} ${before.y} Q ${corner.x} ${corner.y} ${after.x} ${after.y}`);
  });
  return parts.join(" ");
}

function toward(from: Place, to: Place): Place {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return from;
  const share = Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
