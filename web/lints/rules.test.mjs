import { expect, it } from "vitest";
import { RULES, twiceStyled } from "./rules.mjs";

const broken = (name, path, text) => RULES.find((rule) => rule.name === name).broken(path, text);

it("finds every way to build an address of the page by hand, and paths.ts may", () => {
  const byHand = [
    "<Link href={`/services/${segment(name)}`}>",
    'navigate("/objectives")',
    "navigate(`/traces/${id}?span=${span}`)",
    'href: "/incidents?state=open"',
    "href: `?span=${span}`",
    'href="#content"',
    "`${path}?span=${span}`",
    "withRange('/map', range)",
  ];
  for (const text of byHand) {
    expect(broken("addresses-in-paths", "pages/Any.tsx", text), text).toBe(true);
    expect(broken("addresses-in-paths", "paths.ts", text)).toBe(false);
  }
});

it("leaves addresses of the API and built ones alone", () => {
  const fine = [
    'client.GET("/api/v1/services/{name}")',
    "href={servicePath(name)}",
    'import { Page } from "../app/Page";',
    'import { Tables } from "./map/Tables";',
    "href: partPath(id)",
  ];
  for (const text of fine) expect(broken("addresses-in-paths", "pages/Any.tsx", text), text).toBe(false);
});

it("finds parameters read or written outside the one place for them", () => {
  for (const text of ["useSearchParams()", "new URLSearchParams()", "encodeURIComponent(name)"]) {
    expect(broken("state-in-the-address", "pages/Any.tsx", text), text).toBe(true);
    expect(broken("state-in-the-address", "app/searchState.ts", text), text).toBe(false);
  }
});

it("finds a class that two style sheets begin", () => {
  const sheets = [
    ["styles/a.css", ".bar {\n}\n\n.bar {\n}\n"],
    ["styles/b.css", ".bar {\n}\n\n.bar > i {\n}\n\n.other {\n}\n"],
  ];
  expect(twiceStyled(sheets)).toEqual(["styles/b.css: .bar is a class of styles/a.css"]);
});
