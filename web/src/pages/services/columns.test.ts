import { describe, expect, it } from "vitest";
import type { Incident, Service } from "../../api/types";
import { concerns } from "./columns";

const INCIDENT = {
  cause: { party: "payment", environment: "production" },
  objectives: [{ service: "checkout", environment: null, cause: null, parties: ["pricing"] }],
} as unknown as Incident;
const service = (name: string, environment = "production") => ({ name, environment }) as unknown as Service;

describe("an incident concerns a service", () => {
  it("where it began, in its own environment only", () => {
    expect(concerns(INCIDENT, service("payment"))).toBe(true);
    expect(concerns(INCIDENT, service("payment", "staging"))).toBe(false);
  });
  it("whose objective it violates, in any environment if the objective is of any", () => {
    expect(concerns(INCIDENT, service("checkout", "staging"))).toBe(true);
    expect(concerns(INCIDENT, service("pricing"))).toBe(true);
    expect(concerns(INCIDENT, service("cart"))).toBe(false);
  });
});
