// The frame around every page: the rooms, as a rail or on a phone as a bar, and the keys.

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useStatus } from "../api/queries";
import { partPath } from "../paths";
import { BottomBar } from "./BottomBar";
import { KeysDialog } from "./KeysDialog";
import { useKeys } from "./keys";
import { usePhone } from "./phone";
import { Rail } from "./Rail";

export function Shell({ children }: { children: ReactNode }) {
  const [keysShown, setKeysShown] = useState(false);
  const status = useStatus();
  const onPhone = usePhone();
  const rooms = { status: status.data, onKeys: () => setKeysShown(true) };
  useNewsOfIncidents(status.data?.open_incidents);
  useKeys(() => setKeysShown(true));
  return (
    <div className="shell">
      <a className="skip" href={partPath("content")}>
        Skip to content
      </a>
      {!onPhone && <Rail {...rooms} />}
      {children}
      {onPhone && <BottomBar {...rooms} />}
      <KeysDialog opened={keysShown} onClose={() => setKeysShown(false)} />
    </div>
  );
}

/** When the number of open incidents changes, every query of incidents and states is refetched at once. */
function useNewsOfIncidents(open: number | undefined) {
  const queries = useQueryClient();
  const known = useRef(open);
  useEffect(() => {
    if (known.current !== undefined && known.current !== open) {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "status" });
    }
    known.current = open;
  }, [open, queries]);
}
