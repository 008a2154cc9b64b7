// People on call: the colour each keeps, the letters where a name has no room, and whether a page can reach them. Pure.

import type { Contact } from "../../api/types";

const COLOURS = 8;

/** Everybody who is known by a contact or by being on call, by name. */
export function peopleOf(contacts: readonly Contact[], onCall: readonly string[]): string[] {
  return [...new Set([...contacts.map(({ person }) => person), ...onCall])].sort();
}

/** The number of a person's colour, from 1; nine people share eight colours, so the name stays beside it. */
export function colourOf(person: string, people: readonly string[]): number {
  return (Math.max(0, people.indexOf(person)) % COLOURS) + 1;
}

/** "PP" for payments-primary, "AO" for a.okafor. */
export function letters(person: string): string {
  const parts = person.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const found = parts.length > 1 ? parts.slice(0, 2).map((part) => part[0]) : Array.from(person).slice(0, 2);
  return found.join("").toUpperCase();
}

export const namesOf = (people: readonly string[]) => (people.length === 0 ? "nobody" : people.join(" and "));

/** A page passes over whoever has no verified contact. */
export function canBePaged(person: string, contacts: readonly Contact[]): boolean {
  return contacts.some((one) => one.person === person && one.state === "verified");
}
