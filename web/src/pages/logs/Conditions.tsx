import { conditionWords, type LogSearch } from "./search";

/** What narrows the search, each to be taken away. */
export function Conditions({ search }: { search: LogSearch }) {
  if (search.where.length === 0) return null;
  return (
    <div className="asked log-asked" role="group" aria-label="Conditions">
      {search.where.map((condition) => (
        <span key={condition} className="asked-chip">
          <span title={condition}>{conditionWords(condition)}</span>
          <button
            type="button"
            aria-label={`Remove: ${conditionWords(condition)}`}
            onClick={() => search.turn(condition)}
          >
            ×
          </button>
        </span>
      ))}
      <button type="button" className="button button-small" onClick={search.clear}>
        Clear all
      </button>
    </div>
  );
}
