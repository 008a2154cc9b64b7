import { describe, expect, it } from "vitest";
import { withFiring } from "./alerts";
import type { Alert } from "./types";

const alert = (id: number, more: Partial<Alert>) => ({ id, status: "firing", ...more }) as Alert;

describe("all that fires", () => {
  it("is there beside the newest, each once, also if it fired long before them", () => {
    const [old, both, ended] = [alert(1, {}), alert(8, {}), alert(9, { status: "resolved" })];
    expect(withFiring([ended, both], [both, old]).map(({ id }) => id)).toEqual([8, 1, 9]);
  });
});
