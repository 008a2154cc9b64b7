// Services that stopped sending, as a fact beside what fails: a lost zone is often why, and seen nowhere else.

import { Link } from "wouter";
import { useSilences } from "../api/queries";
import type { SilenceList } from "../api/types";
import { mapPath, servicesPath } from "../paths";
import { count } from "../words/counts";
import { idleWords, lostZoneWords, silenceWords, stoppedWords } from "../words/silence";
import { Sign } from "./Sign";

const SHOWN = 3;

type Fact = { readonly key: string; readonly service: string; readonly words: string | null };

/** Lost zones, one fact each; then what is silent elsewhere. Nothing while everything sends, or that is not known. */
export function LostNow() {
  const { items = [], lost_zones: lost = [] } = useSilences().data ?? {};
  return (
    <>
      {lost.map((zone) => (
        <p key={`${zone.environment} ${zone.zone}`} className="silent-now" role="status">
          <span className="tone-warn">
            <Sign sign="triangle" />
          </span>{" "}
          <Link
            href={servicesPath({ sort: "state" })}
            className="name-link strong"
            title={zone.names.join(", ")}
          >
            {lostZoneWords(zone)}
          </Link>
        </p>
      ))}
      <Facts
        facts={factsOf(items, (one) => silenceWords(elsewhere(one, lost)))}
        more="more services are silent, in part or whole"
        isAlarming
      />
    </>
  );
}

type Silent = SilenceList["items"][number];

/** What of a service is silent beside the lost zones: all of it may have run there. */
function elsewhere(one: Silent, lost: SilenceList["lost_zones"]): Silent {
  const isLost = ({ zone }: { zone: string }) =>
    lost.some((each) => each.zone === zone && each.environment === one.environment);
  const zones = one.silent_zones.filter((zone) => !isLost(zone));
  const isOnlyThere = one.silent_zones.length > 0 && zones.length === 0;
  return { ...one, silent_zones: zones, silent_since: isOnlyThere ? null : one.silent_since };
}

function factsOf(items: readonly Silent[], wordsOf: (one: Silent) => string | null): Fact[] {
  return items
    .map((one) => ({
      key: `${one.environment} ${one.namespace} ${one.service}`,
      service: one.service,
      words: wordsOf(one),
    }))
    .filter(({ words }) => words !== null);
}

/** What is silent, beside an incident or an objective: instances that stopped are named of these services only. */
export function SilentNow({ of }: { of: readonly string[] }) {
  const items = useSilences().data?.items ?? [];
  const idle = factsOf(items, (one) => idleWords(one.idle));
  const stopped = factsOf(items, (one) =>
    of.includes(one.service) ? stoppedWords(one.stopped_instances) : null,
  );
  return (
    <>
      <LostNow />
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
