import { expect, test } from "vitest";
import { csvOf, fileOf } from "./csv";

test("fields are raw, nested ones have both names, each line ends as RFC 4180 says", () => {
  const rows = [
    { name: "cart", now: { p99_seconds: 0.25 }, zones: ["a", "b"], seen: null },
    { name: 'pay, "x"' },
  ];
  expect(csvOf(rows)).toBe(
    'name,now.p99_seconds,zones,seen\r\ncart,0.25,"[""a"",""b""]",\r\n"pay, ""x""",,,\r\n',
  );
});

test("a text that a spreadsheet would run is guarded, a number is not", () => {
  const rows = [{ a: "=1+1" }, { a: "@x" }, { a: "+y" }, { a: "-z" }, { a: -1.5 }, { a: "-2" }];
  expect(csvOf(rows).split("\r\n").slice(1, 7)).toEqual(["'=1+1", "'@x", "'+y", "'-z", "-1.5", "-2"]);
});

test("the file is named as the table", () => {
  expect(fileOf("Found services")).toBe("found-services.csv");
});
