import { type ReactNode, useEffect, useRef, useState } from "react";

/** Marks its content for a moment when the value it shows has changed; nothing moves. */
export function Changed({ value, children }: { value: string | number | null; children: ReactNode }) {
  const before = useRef(value);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setTimes((count) => count + 1);
  }, [value]);
  return (
    <span key={times} className={times > 0 ? "changed" : undefined}>
      {children}
    </span>
  );
}
