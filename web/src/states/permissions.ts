// The one table of what a role may do, and of what an incident's state allows. A refusal says why.

import type { Incident, Paged, Session } from "../api/types";
import { endOf } from "../words/incidents";

export type Action = "acknowledge" | "resolve" | "note" | "add_change" | "page" | "override" | "contact";
export type Permission = { allowed: true } | { allowed: false; reason: string };

const ROLES = ["viewer", "responder", "editor", "admin"] as const;
type Role = (typeof ROLES)[number];

const ACTIONS: Record<Action, { needs: Role; verb: string }> = {
  acknowledge: { needs: "responder", verb: "acknowledge incidents" },
  resolve: { needs: "responder", verb: "resolve incidents" },
  note: { needs: "responder", verb: "write notes" },
  page: { needs: "responder", verb: "acknowledge pages" },
  override: { needs: "responder", verb: "make and remove overrides" },
  contact: { needs: "responder", verb: "verify contacts" },
  add_change: { needs: "editor", verb: "record changes" },
};

/** Whether this session's role may do it. */
export function permitted(session: Session | undefined, action: Action): Permission {
  const { needs, verb } = ACTIONS[action];
  if (!session) return { allowed: false, reason: "Loading your session." };
  if (ROLES.indexOf(session.role as Role) >= ROLES.indexOf(needs)) return { allowed: true };
  return {
    allowed: false,
    reason: `Your role is ${session.role ?? "none"}; you need the ${needs} role to ${verb}.`,
  };
}

/** Whether this incident can be acknowledged now, by this session. */
export function permittedToAcknowledge(session: Session | undefined, incident: Incident): Permission {
  if (incident.state === "resolved") return { allowed: false, reason: "The incident is resolved." };
  if (incident.state === "acknowledged") {
    return { allowed: false, reason: `${incident.acknowledged_by ?? "Somebody"} has acknowledged it.` };
  }
  return permitted(session, "acknowledge");
}

/** Whether this incident can be resolved now, by this session. */
export function permittedToResolve(session: Session | undefined, incident: Incident): Permission {
  if (incident.state === "resolved") {
    return { allowed: false, reason: `Already over: ${endOf(incident)}.` };
  }
  return permitted(session, "resolve");
}

/** Whether this page can be acknowledged now, by this session. */
export function permittedToAcknowledgePage(session: Session | undefined, page: Paged): Permission {
  if (page.state === "resolved") return { allowed: false, reason: "What it was for is resolved." };
  if (page.state === "acknowledged") {
    return { allowed: false, reason: `${page.acknowledged_by ?? "Somebody"} has acknowledged it.` };
  }
  return permitted(session, "page");
}
