import { useId } from "react";

type Props<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; words: string; title?: string }[];
  onPick: (value: Value) => void;
};

/** One of a few, side by side. */
export function Segments<Value extends string>({ label, value, options, onPick }: Props<Value>) {
  const id = useId();
  return (
    <div className="segments-of">
      <span id={id}>{label}</span>
      <div className="segments" role="group" aria-labelledby={id}>
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={option.value === value}
            title={option.title}
            onClick={() => onPick(option.value)}
          >
            {option.words}
          </button>
        ))}
      </div>
    </div>
  );
}
