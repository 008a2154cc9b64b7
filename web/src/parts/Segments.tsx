type Props<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; words: string; title?: string }[];
  onPick: (value: Value) => void;
};

/** A choice of a few, all of them in sight. */
export function Segments<Value extends string>({ label, value, options, onPick }: Props<Value>) {
  return (
    <div className="segments" role="group" aria-label={label}>
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
  );
}
