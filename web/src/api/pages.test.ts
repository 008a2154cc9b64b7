import { describe, expect, it } from "vitest";
import { followed } from "./pages";

const pages: Record<string, { items: number[]; next: string | null }> = {
  start: { items: [1, 2], next: "b" },
  b: { items: [3, 4], next: "c" },
  c: { items: [5], next: null },
};

function reader() {
  const asked: string[] = [];
  const read = (cursor: string | undefined) => {
    asked.push(cursor ?? "start");
    return Promise.resolve(pages[cursor ?? "start"] ?? { items: [], next: null });
  };
  return { asked, read };
}

describe("a list in pages", () => {
  it("is read to its end", async () => {
    const { asked, read } = reader();
    expect(await followed(100, read)).toEqual({ items: [1, 2, 3, 4, 5], next: null });
    expect(asked).toEqual(["start", "b", "c"]);
  });

  it("is read no further than was asked for, and says that there is more", async () => {
    const { asked, read } = reader();
    expect(await followed(3, read)).toEqual({ items: [1, 2, 3, 4], next: "c" });
    expect(asked).toEqual(["start", "b"]);
  });
});
