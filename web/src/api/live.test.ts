import { describe, expect, test } from "vitest";
import { isDue, NOTHING_HEARD } from "./live";

const NOW = 1_000_000;
const heard = (ago: Partial<Record<"recorded" | "received", number>>) => ({
  recorded: NOW - (ago.recorded ?? 900_000),
  received: NOW - (ago.received ?? 900_000),
  status: NOW - 1_000,
});
const read = (ago: number, of: "recorded" | "received" = "received", failed = false) => ({
  live: { of, every: 5_000 },
  readAt: NOW - ago,
  failed,
});

describe("when a read is made again", () => {
  test("without the stream every five seconds", () => {
    expect(isDue(read(4_000), NOTHING_HEARD, NOW)).toBe(false);
    expect(isDue(read(5_000), NOTHING_HEARD, NOW)).toBe(true);
  });

  test("a failed one every five seconds, with or without the stream", () => {
    expect(isDue(read(5_000, "received", true), heard({}), NOW)).toBe(true);
  });

  test("at once when something was recorded", () => {
    expect(isDue(read(3_000, "recorded"), heard({ recorded: 1_000 }), NOW)).toBe(true);
    expect(isDue(read(3_000, "received"), heard({ recorded: 1_000 }), NOW)).toBe(true);
  });

  test("with telemetry coming in every ten seconds, unless it is about what was recorded", () => {
    expect(isDue(read(9_000), heard({ received: 1_000 }), NOW)).toBe(false);
    expect(isDue(read(10_000), heard({ received: 1_000 }), NOW)).toBe(true);
    expect(isDue(read(60_000, "recorded"), heard({ received: 1_000 }), NOW)).toBe(false);
  });

  test("without news ever more seldom, and after five minutes at the latest", () => {
    expect(isDue(read(20_000), heard({ received: 60_000 }), NOW)).toBe(false);
    expect(isDue(read(40_000), heard({ received: 60_000 }), NOW)).toBe(true);
    expect(isDue(read(299_000), heard({ received: 800_000 }), NOW)).toBe(false);
    expect(isDue(read(300_000), heard({ received: 800_000 }), NOW)).toBe(true);
  });
});
