import type { Sign as Shape } from "../states/states";

const SHAPES: Record<Shape, React.ReactNode> = {
  circle: <circle cx="5" cy="5" r="4.5" />,
  ring: <circle cx="5" cy="5" r="3.9" fill="none" stroke="currentColor" strokeWidth="1.3" />,
  square: <rect x="0.5" y="0.5" width="9" height="9" />,
  triangle: <path d="M5 0.6 9.8 9.4H0.2Z" />,
};

/** The shape that goes before a state's word; the word carries the meaning. */
export function Sign({ sign }: { sign: Shape }) {
  return (
    <svg className="sign" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
      {SHAPES[sign]}
    </svg>
  );
}
