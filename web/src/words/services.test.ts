import { expect, it } from "vitest";
import { environmentsOf, identity, listOf, namespaceIn, placeAsked, placeWords } from "./services";

const api = { name: "api", environment: "production", namespace: "billing" };

it("a namespace is shown only where the label needs it", () => {
  expect(namespaceIn({ ...api, label: "api" })).toBeNull();
  expect(namespaceIn({ ...api, label: "billing/api" })).toBe("billing");
  expect(namespaceIn({ ...api, label: "billing/api (production)" })).toBe("billing");
  expect(namespaceIn({ ...api, label: "api (production)" })).toBeNull();
  expect(namespaceIn({ ...api, namespace: "", label: "default/api" })).toBe("default");
  expect(namespaceIn({ ...api, name: "billing/api", label: "billing/api" })).toBeNull();
});

it("what is known of a service goes along, and nothing is made up for what is not", () => {
  expect(placeAsked({ name: "api" })).toEqual({ environment: undefined, namespace: undefined });
  expect(placeAsked({ name: "api", environment: null })).toEqual({
    environment: undefined,
    namespace: undefined,
  });
  expect(placeAsked(api)).toEqual({ environment: "production", namespace: "billing" });
});

it("an absent environment or namespace is named, unless the name is known to be enough", () => {
  const absent = { name: "api", environment: "", namespace: "" };
  expect(placeAsked(absent)).toEqual({ environment: "default", namespace: "default" });
  expect(placeAsked({ ...absent, label: "default/api" })).toEqual({
    environment: "default",
    namespace: "default",
  });
  expect(placeAsked({ ...absent, label: "api" })).toEqual({ environment: undefined, namespace: undefined });
  expect(placeAsked({ ...api, namespace: "", label: "api" }).environment).toBe("production");
});

it("two services of one name have two identities, whatever their parts hold", () => {
  const keys = [
    identity(api),
    identity({ ...api, environment: "staging" }),
    identity({ ...api, namespace: "shop" }),
    identity({ ...api, namespace: "", name: "billing/api" }),
    identity({ name: "api" }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it("places are said in words, an absent environment only among several", () => {
  expect(environmentsOf([api, { environment: "" }, api])).toEqual(["default", "production"]);
  const both = { environment: "production", regions: ["eu-west-1", "us-east-1"] };
  expect(placeWords(both, false)).toBe("production · eu-west-1, us-east-1");
  expect(placeWords({ environment: "", regions: [] }, false)).toBe("");
  expect(placeWords({ environment: "", regions: ["eu-west-1"] }, true)).toBe("default · eu-west-1");
  expect([listOf([]), listOf(["a"]), listOf(["a", "b"]), listOf(["a", "b", "c"])]).toEqual([
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
});
