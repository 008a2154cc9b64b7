import { useMemo } from "react";
import { useMap } from "../../api/queries";
import type { Service } from "../../api/types";
import type { Range } from "../../range/range";
import { partyRows, type Row } from "./parties";

const NOW: Range = { from: "now-5m", to: "now" };
const WHOLE = { zone: "", version: "", around: "" };

/** The stores, queues and providers that were called in a range, and whether the map could be read. */
export function useParties(
  range: Range,
  services: readonly Service[],
): { rows: readonly Row[]; failed: boolean } {
  const looked = useMap(range, WHOLE);
  const lately = useMap(NOW, WHOLE);
  const [nodes, now] = [looked.data?.nodes, lately.data?.nodes];
  const rows = useMemo(
    () => partyRows({ range: nodes ?? [], now: now ?? [], services }),
    [nodes, now, services],
  );
  return { rows, failed: looked.error !== null && nodes === undefined };
}
