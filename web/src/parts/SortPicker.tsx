// How a list is sorted, on a phone: its heads are not drawn there, and the rows say their words themselves.

import { usePhone } from "../app/phone";
import { Picker } from "./Picker";

type Props<Key extends string> = {
  columns: readonly { key: Key; words: string }[];
  sort: Key | null;
  turned: boolean;
  /** The order while nothing is chosen, such as "worst first". */
  usual: string;
  /** Sorts by a column, by the same one again the other way round; by null in the usual order. */
  onSort: (key: Key | null) => void;
};

export function SortPicker<Key extends string>({ columns, sort, turned, usual, onSort }: Props<Key>) {
  const phone = usePhone();
  if (!phone || columns.length === 0) return null;
  const options = columns.map(({ key, words }) => ({ value: key, words }));
  return (
    <div className="sorts">
      <Picker
        label="Sort"
        value={sort ?? ""}
        options={[{ value: "", words: usual }, ...options]}
        onPick={(value) => onSort(columns.find(({ key }) => key === value)?.key ?? null)}
      />
      {sort !== null && (
        <button
          type="button"
          className="button"
          aria-label="Turn the order round"
          onClick={() => onSort(sort)}
        >
          <span aria-hidden="true">{turned ? "↑" : "↓"}</span>
        </button>
      )}
    </div>
  );
}
