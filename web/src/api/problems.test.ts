import { expect, it } from "vitest";
import { answer, Problem, problemWords } from "./problems";

it("says what was tried, with which value, and what to do", () => {
  const words = problemWords(
    new Problem("chart “a”", 422, { detail: "A range ends after it begins.", value: "now+1h" }),
  );
  expect(words.title).toBe("Could not chart “a”");
  expect(words.detail).toContain("now+1h");
  expect(words.next).toContain("Correct the value");
});

it("turns a missing answer into a sentence about the server", async () => {
  const failed = answer("list", Promise.reject(new TypeError("Failed to fetch"))).catch(problemWords);
  expect(await failed).toMatchObject({ title: "Could not list", detail: "The server does not answer." });
});

it("lists every problem of a refused document", () => {
  const words = problemWords(
    new Problem("apply", 422, {
      detail: "2 problems",
      problems: [
        { path: "a.b", message: "too large" },
        { path: "c", rule: "unique" },
      ],
    }),
  );
  expect(words.detail.split("\n")).toHaveLength(3);
});
