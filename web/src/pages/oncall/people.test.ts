import { expect, it } from "vitest";
import type { Contact } from "../../api/types";
import { canBePaged, colourOf, letters, namesOf, peopleOf } from "./people";

function contact(person: string, state: Contact["state"]): Contact {
  return {
    person,
    contact: "mail",
    channel: "mail",
    address: `${person}@shop.example`,
    state,
    verified_at: null,
  };
}

it("gives a person one colour, wherever they come from", () => {
  const people = peopleOf([contact("shop-day", "verified")], ["payments-primary", "shop-day"]);
  expect(people).toEqual(["payments-primary", "shop-day"]);
  expect(people.map((one) => colourOf(one, people))).toEqual([1, 2]);
  expect(colourOf("i", Array.from("abcdefghi"))).toBe(1);
});

it("shortens a name to two letters", () => {
  expect(["payments-primary", "a.okafor", "Ödön", "x"].map(letters)).toEqual(["PP", "AO", "ÖD", "X"]);
});

it("names nobody as nobody", () => {
  expect([namesOf([]), namesOf(["a"]), namesOf(["a", "b"])]).toEqual(["nobody", "a", "a and b"]);
});

it("reaches only whoever has a verified contact", () => {
  const contacts = [contact("a", "code_sent"), contact("b", "verified")];
  expect(["a", "b", "c"].map((one) => canBePaged(one, contacts))).toEqual([false, true, false]);
});
