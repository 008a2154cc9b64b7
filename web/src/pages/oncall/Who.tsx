import { colourOf, letters } from "./people";

/** A person's letters in their colour; the name stands beside it. */
export function Who({ person, people }: { person: string; people: readonly string[] }) {
  return (
    <span className="who" data-colour={colourOf(person, people)} aria-hidden="true">
      {letters(person)}
    </span>
  );
}
