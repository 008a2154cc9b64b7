// The key of one intended write: the same words sent again, because no answer came, are the same intent.

import { useCallback, useRef } from "react";
import { newIdempotencyKey } from "./client";

export type Key = { "idempotency-key": string };

/** The same words sent again, because no answer came, are the same intent; after an answer they are a new one. */
export function useIntent() {
  const pending = useRef<{ words: string; key: Key } | null>(null);
  const keyOf = useCallback((words: unknown): Key => {
    const written = JSON.stringify(words ?? null);
    if (pending.current?.words !== written) {
      pending.current = { words: written, key: { "idempotency-key": newIdempotencyKey() } };
    }
    return pending.current.key;
  }, []);
  const done = useCallback(() => (pending.current = null), []);
  return { keyOf, done };
}
