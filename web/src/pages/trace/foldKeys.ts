import { useEffect, useEffectEvent } from "react";
import { typing } from "../../app/keys";

/** `h` folds and unfolds mesh hops, `r` repeats. */
export function useFoldKeys(onHops: () => void, onRepeats: () => void) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (typing(event)) return;
    if (event.key === "h") onHops();
    else if (event.key === "r") onRepeats();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => press(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
