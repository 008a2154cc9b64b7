import { useMemo } from "react";
import type { Compared } from "../range/range";
import type { Earlier } from "./earlier";

/** What a chart draws of the time it is compared with: nothing until that is read. The same while nothing changes. */
export function useEarlier(
  under: Pick<Earlier, "times" | "lines"> | undefined,
  compared: Compared | null,
): Earlier | null {
  const { seconds, words } = compared ?? {};
  return useMemo(
    () => (under && seconds !== undefined && words !== undefined ? { ...under, seconds, words } : null),
    [under, seconds, words],
  );
}
