import { useEffect, useRef } from "react";
import { useSearchParams } from "wouter";

/** What is typed into the page's filter, kept in the URL. */
export function useFilter(): [string, (text: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = (text: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (text === "") after.delete("q");
        else after.set("q", text);
        return after;
      },
      { replace: true },
    );
  return [search.get("q") ?? "", set];
}

/** Filters the page's list as you type; `/` comes here, Escape leaves. */
export function Search({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
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
