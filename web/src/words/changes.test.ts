import { expect, test } from "vitest";
import { kindOf } from "./changes";

test("a version that takes no traffic any more is no deploy", () => {
  expect(kindOf({ kind: "other", observed: [{ arrival: "gone" }] })).toBe("version gone");
  expect(kindOf({ kind: "deploy", observed: [{ arrival: "new" }] })).toBe("deploy");
  expect(kindOf({ kind: "flag", observed: [] })).toBe("flag");
});
