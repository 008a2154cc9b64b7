import { useEffect, useRef } from "react";
import { text, useSearchState } from "../app/searchState";

const PARAMS = { q: text() };

/** What is typed into the page's filter, kept in the URL. */
export function useFilter(): [string, (text: string) => void] {
  const [{ q }, set] = useSearchState(PARAMS, "replace");
  return [q, (typed) => set({ q: typed })];
}

/** Filters the page's list as you type; `/` comes here, Escape leaves. */
export function Search({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if ((history.state as { search?: boolean } | null)?.search) field.current?.focus();
  }, []);
  return (
    <div className="search">
      <input
        ref={field}
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

/** Every word typed occurs somewhere in the text. */
export function matches(text: string, typed: string): boolean {
  const lower = text.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
