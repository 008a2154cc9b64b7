// A shift in words: who, from when to when.

import type { Duty } from "../../api/types";
import { until } from "../../words/moments";
import { namesOf } from "./people";

/** "now to Friday 22:00", "Friday 08:00 to Friday 22:00"; one that goes on after the calendar is "from Friday 22:00 on". */
export function timeWords({ start, end }: Duty, isOpen: boolean, now: number): string {
  const isNow = Date.parse(start) <= now && now < Date.parse(end);
  const from = isNow ? "now" : until(start);
  if (!isOpen) return `${from} to ${until(end)}`;
  return from === "now" ? "from now on" : `from ${from} on`;
}

/** "payments-primary, Friday 08:00 to Friday 22:00, override". */
export function shiftWords(duty: Duty, isOpen: boolean, isMade: boolean, now: number): string {
  return `${namesOf(duty.people)}, ${timeWords(duty, isOpen, now)}${isMade ? ", override" : ""}`;
}
