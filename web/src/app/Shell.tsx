// The frame around every page: the rooms, as a rail or on a phone as a bar, and the keys.

import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { useNews } from "../api/news";
import { useStatus } from "../api/queries";
import { partPath } from "../paths";
import { BottomBar } from "./BottomBar";
import { KeysDialog } from "./KeysDialog";
import { useKeys } from "./keys";
import { showPalette, usePaletteShown } from "./palette/shown";
import { usePhone } from "./phone";
import { Rail } from "./Rail";

const Palette = lazy(() => import("./palette/Palette"));

export function Shell({ children }: { children: ReactNode }) {
  const [keysShown, setKeysShown] = useState(false);
  useNews();
  const status = useStatus();
  const onPhone = usePhone();
  const rooms = { status: status.data, onKeys: () => setKeysShown(true) };
  useNewsOfIncidents(status.data?.open_incidents);
  useKeys(() => setKeysShown(true));
  const paletteShown = usePaletteShown();
  usePaletteKey();
  return (
    <div className="shell">
      <a className="skip" href={partPath("content")}>
        Skip to content
      </a>
      {!onPhone && <Rail {...rooms} />}
      {children}
      {onPhone && <BottomBar {...rooms} />}
      <KeysDialog opened={keysShown} onClose={() => setKeysShown(false)} />
      {paletteShown && (
        <Suspense fallback={null}>
          <Palette showKeys={() => setKeysShown(true)} />
        </Suspense>
      )}
    </div>
  );
}

/** Ctrl K, or Cmd K: from a field too, but not over another dialog. */
function usePaletteKey() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isHeld = (event.ctrlKey || event.metaKey) && !event.altKey;
      if (!(event.key === "k" && isHeld)) return;
      event.preventDefault();
      if (!document.querySelector('[role="dialog"]')) showPalette(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
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
