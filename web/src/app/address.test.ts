import { expect, it } from "vitest";
import { keptEncoded, nameIn, segment, withNames } from "./address";

const ODD = [
  "team/cart",
  "</shop>",
  ".",
  "..",
  "~.",
  "~~..",
  "~",
  "...",
  "../x",
  "a?b=c",
  "a#b",
  "50%",
  "%2F",
  "%252E",
  "a b",
  "größe",
  "店/カート",
  "a+b",
];

it("gives every name a segment of its own, and the name back", () => {
  for (const name of ODD) expect(nameIn(segment(name))).toBe(name);
  expect(new Set(ODD.map(segment)).size).toBe(ODD.length);
});

it("writes segments that browsers leave alone", () => {
  for (const name of ODD) {
    const path = `/services/${segment(name)}/x`;
    expect(new URL(path, "http://127.0.0.1").pathname).toBe(path);
  }
});

it("keeps a name whole through the router, which decodes an address once", () => {
  for (const name of ODD) expect(nameIn(decodeURI(keptEncoded(segment(name))))).toBe(name);
});

it("takes a segment that nobody encoded as it stands", () => {
  expect(nameIn("50%")).toBe("50%");
});

it("puts names into the paths of requests", () => {
  expect(withNames("/api/v1/metrics/{name}/series", { name: "app/series" })).toBe(
    "/api/v1/metrics/app%2Fseries/series",
  );
  expect(withNames("/api/v1/incidents/{number}/ack", { number: 7 })).toBe("/api/v1/incidents/7/ack");
});
