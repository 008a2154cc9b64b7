import { describe, expect, it } from "vitest";
import type { Incident, Session } from "../api/types";
import { permitted, permittedToAcknowledge, permittedToResolve } from "./permissions";
import { isIn, lookOfTrouble, lookOfWorst, OBJECTIVE_STATES, toneOfBurn, urgencyOf } from "./states";

const session = (role: Session["role"]): Session => ({
  name: "dev",
  role,
  authenticated: true,
  token_required: false,
});
const incident = (state: Incident["state"]) =>
  ({ state, acknowledged_by: "payments-primary", resolved_by: null }) as Incident;

describe("permissions", () => {
  it("refuse with the role one has and the role it takes", () => {
    expect(permitted(session("viewer"), "resolve")).toEqual({
      allowed: false,
      reason: "Your role is viewer; you need the responder role to resolve incidents.",
    });
    expect(permitted(session("responder"), "add_change").allowed).toBe(false);
    expect(permitted(session("admin"), "add_change").allowed).toBe(true);
  });
  it("refuse what the incident's state forbids, before asking for the role", () => {
    expect(permittedToAcknowledge(session("admin"), incident("acknowledged"))).toEqual({
      allowed: false,
      reason: "payments-primary has acknowledged it.",
    });
    expect(permittedToResolve(session("admin"), incident("resolved")).allowed).toBe(false);
    expect(permittedToResolve(session("responder"), incident("open")).allowed).toBe(true);
  });
});

describe("states", () => {
  it("each have a sign and a word, so that colour never stands alone", () => {
    const looks = Object.values(OBJECTIVE_STATES);
    expect(new Set(looks.map(({ word }) => word)).size).toBe(looks.length);
    expect(looks.every(({ sign }) => sign.length > 0)).toBe(true);
  });
  it("are red only where a page fires, at any rate", () => {
    expect(lookOfWorst("exhausted", "burning_slowly").tone).toBe("warn");
    expect(lookOfTrouble("burning", "burning_slowly").tone).toBe("warn");
    expect(lookOfTrouble("burning", "burning").tone).toBe("bad");
    expect(toneOfBurn(239, "burning_slowly")).toBe("warn");
    expect(toneOfBurn(239, "burning")).toBe("bad");
  });
  it("are burning with a page and with only a ticket", () => {
    expect(isIn({ state: "burning_slowly", burn_state: "burning_slowly" }, "burning")).toBe(true);
    expect(isIn({ state: "burning", burn_state: "burning" }, "burning_slowly")).toBe(false);
    expect(isIn({ state: "exhausted", burn_state: "quiet" }, "burning")).toBe(false);
  });
  it("begin with what burns now, and what pages before what is a ticket", () => {
    const order = [
      ["exhausted", "burning"],
      ["exhausted", "burning_slowly"],
      ["no_data", "quiet"],
      ["exhausted", "quiet"],
      ["ok", "quiet"],
    ] as const;
    const urgencies = order.map(([state, burn]) => urgencyOf(state, burn));
    expect(urgencies).toEqual([...urgencies].sort((one, other) => one - other));
    expect(new Set(urgencies).size).toBe(order.length);
  });
});
