import type { Contact, Gap, OnCall } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { durationWords } from "../../words/durations";
import { until } from "../../words/moments";
import { canBePaged, namesOf } from "./people";
import { Who } from "./Who";

type Props = {
  items: readonly OnCall[];
  gaps: readonly Gap[];
  /** Undefined until they are read. */
  contacts: readonly Contact[] | undefined;
  people: readonly string[];
};

/** Who is on call now and next, a card for each schedule. */
export function Cards({ items, gaps, contacts, people }: Props) {
  return (
    <section className="grid oncall-cards" aria-label="On call now and next">
      {items.map((one) => (
        <Card
          key={one.schedule}
          one={one}
          gap={gaps.find(({ schedule }) => schedule === one.schedule)}
          {...{ contacts, people }}
        />
      ))}
    </section>
  );
}

type CardProps = Pick<Props, "contacts" | "people"> & { one: OnCall; gap: Gap | undefined };

function Card({ one, gap, contacts, people }: CardProps) {
  return (
    <article className={`panel panel-body oncall-card${gap ? " has-gap" : ""}`} aria-label={one.display_name}>
      <h2>
        {one.display_name}
        {one.teams.length > 0 && <span> · {one.teams.join(", ")}</span>}
      </h2>
      {one.people.map((person) => (
        <div key={person} className="oncall-person">
          <Who person={person} people={people} />
          <span>
            <b>{person}</b> <span className="muted">{one.until ? `until ${until(one.until)}` : ""}</span>
            {contacts && <Reached person={person} contacts={contacts} />}
          </span>
        </div>
      ))}
      {one.people.length === 0 && (
        <p className="tone-bad oncall-nobody">
          <Sign sign="square" /> <b>Nobody</b> is on call{one.until ? `, until ${until(one.until)}` : ""}
        </p>
      )}
      <Next one={one} />
      {gap && one.people.length > 0 && !isNext(gap, one) && (
        <p className="oncall-next">
          <span className="muted">Gap</span> <GapWords gap={gap} />
        </p>
      )}
    </article>
  );
}

function Reached({ person, contacts }: { person: string; contacts: readonly Contact[] }) {
  if (!canBePaged(person, contacts))
    return <small className="tone-bad">no verified contact: pages pass over them</small>;
  const ways = contacts.filter((one) => one.person === person && one.state === "verified");
  return <small className="quiet">reached by {ways.map(({ contact }) => contact).join(", ")}</small>;
}

const isNext = (gap: Gap, { until: at, following }: OnCall) => following?.length === 0 && gap.start === at;

function Next({ one }: { one: OnCall }) {
  const { until: at, following } = one;
  return (
    <p className="oncall-next">
      <span className="muted">Next</span>{" "}
      {at === null || following === null ? (
        <span className="quiet">no change in the next five weeks</span>
      ) : following.length === 0 ? (
        <b className="tone-bad">{until(at)} nobody</b>
      ) : (
        <span>
          {until(at)} {namesOf(following)}
        </span>
      )}
    </p>
  );
}

function GapWords({ gap }: { gap: Gap }) {
  const lasts = (Date.parse(gap.end) - Date.parse(gap.start)) / 1000;
  return (
    <span className="tone-bad">
      <b>{until(gap.start)} nobody</b>, {durationWords(lasts)}
    </span>
  );
}
