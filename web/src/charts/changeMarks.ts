// Changes as thin marks: one hook for every chart whose answer brings no marks of its own.

import { useMemo } from "react";
import { useChanges } from "../api/queries";
import type { Change, Mark } from "../api/types";
import { changePath } from "../paths";

/** Changes of a range: those of some services, or of all where none is chosen (null). */
export function useChangeMarks(
  looked: { from: string; to: string },
  services: readonly string[] | null,
): Mark[] {
  const only = services?.length === 1 ? services[0] : undefined;
  const changes = useChanges(looked, only).data?.items;
  const key = services?.join("\n") ?? null;
  return useMemo(() => {
    const among = key === null ? null : new Set(key.split("\n"));
    const isOfThese = ({ service }: Change) => among === null || (service !== null && among.has(service));
    // One service may be named by an alias here; the server knows all its names.
    return (changes ?? []).filter((change) => only !== undefined || isOfThese(change)).map(markOf);
  }, [changes, key, only]);
}

/** What was changed comes first, because a chart has room for a few words only. */
export function markOf({ id, at, service, version, summary }: Change): Mark {
  const subject = [service, version].filter((part) => part !== null && part !== "").join(" ");
  const label =
    subject === "" || summary.toLowerCase().startsWith(subject.toLowerCase())
      ? summary
      : `${subject}: ${summary}`;
  return { at, kind: "change", label, href: changePath(at, id) };
}
