// Services that stopped sending, as a fact beside what fails: a lost zone is often why, and seen nowhere else.

import { Link } from "wouter";
import { useSilences } from "../api/queries";
import { mapPath } from "../paths";
import { count } from "../words/counts";
import { idleWords, silenceWords, stoppedWords } from "../words/silence";
import { Sign } from "./Sign";

const SHOWN = 3;

type Fact = { readonly key: string; readonly service: string; readonly words: string | null };

/** Nothing while everything sends, or while that is not known. Instances that stopped are named of these services only. */
export function SilentNow({ of }: { of: readonly string[] }) {
  const items = useSilences().data?.items ?? [];
  const facts = (wordsOf: (one: (typeof items)[number]) => string | null): Fact[] =>
    items
      .map((one) => ({
        key: `${one.environment} ${one.namespace} ${one.service}`,
        service: one.service,
        words: wordsOf(one),
      }))
      .filter(({ words }) => words !== null);
  const silent = facts(silenceWords);
  const idle = facts((one) => idleWords(one.idle));
  const stopped = facts((one) => (of.includes(one.service) ? stoppedWords(one.stopped_instances) : null));
  return (
    <>
      <Facts facts={silent} more="more services are silent, in part or whole" isAlarming />
      <Facts facts={idle} more="more services are idle" isAlarming={false} />
      <Facts facts={stopped} more="more services have instances that stopped" isAlarming={false} />
    </>
  );
}

type FactsProps = { facts: readonly Fact[]; more: string; isAlarming: boolean };

function Facts({ facts, more, isAlarming }: FactsProps) {
  if (facts.length === 0) return null;
  return (
    <p className="silent-now" role="status">
      {isAlarming && (
        <span className="tone-warn">
          <Sign sign="triangle" />
        </span>
      )}{" "}
      {facts.slice(0, SHOWN).map(({ key, service, words }) => (
        <span key={key} className={isAlarming ? undefined : "muted"}>
          <Link href={mapPath({ around: service })} className="name-link strong">
            {service}
          </Link>
          : {words}
          {". "}
        </span>
      ))}
      {facts.length > SHOWN && `${count(facts.length - SHOWN)} ${more}.`}
    </p>
  );
}
