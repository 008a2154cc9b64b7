import { count } from "../words/counts";
import { csvOf, download, fileOf } from "./csv";

/** The rows of a table as a file: as sorted and filtered, with every field the server answered. */
export function CsvButton({ label, rows }: { label: string; rows: readonly unknown[] }) {
  return (
    <p className="table-file">
      <button
        type="button"
        aria-label={`CSV: ${label}`}
        title={`All fields of ${count(rows.length)} rows, as sorted and filtered`}
        onClick={() => download(fileOf(label), csvOf(rows))}
      >
        CSV
      </button>
    </p>
  );
}
