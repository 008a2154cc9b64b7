import { Segments } from "../Segments";

/** One of a few, side by side, under its name. */
export function NamedSegments<Value extends string>(props: React.ComponentProps<typeof Segments<Value>>) {
  return (
    <div className="segments-of">
      <span aria-hidden="true">{props.label}</span>
      <Segments {...props} />
    </div>
  );
}
