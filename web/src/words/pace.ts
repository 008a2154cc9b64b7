// How fast events came, where that was unusual: a sale, a retry storm, lost traffic. Pure.

import { capital, perSecond } from "./counts";
import { when } from "./moments";

type Pace = { readonly at: string; readonly per_second: number; readonly usual_per_second: number };

/** "Orders at 3.6/s at 10:42, 1.8/s usual": the traffic of what fails, as evidence. */
export function paceWords(pace: Pace, events: string): string {
  return `${capital(events)} at ${perSecond(pace.per_second)} at ${when(pace.at)}, ${perSecond(pace.usual_per_second)} usual`;
}
