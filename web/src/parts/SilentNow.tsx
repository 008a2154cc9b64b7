// Services that stopped sending, as a fact beside what fails: a lost zone is often why, and seen nowhere else.

import { Link } from "wouter";
import { useSilences } from "../api/queries";
import { mapPath } from "../paths";
import { count } from "../words/counts";
import { silenceWords } from "../words/silence";
import { Sign } from "./Sign";

const SHOWN = 3;

/** Nothing while everything sends, or while that is not known. */
export function SilentNow() {
  const items = useSilences().data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <p className="silent-now" role="status">
      <span className="tone-warn">
        <Sign sign="triangle" />
      </span>{" "}
      {items.slice(0, SHOWN).map((one) => (
        <span key={`${one.environment} ${one.namespace} ${one.service}`}>
          <Link href={mapPath({ around: one.service })} className="name-link strong">
            {one.service}
          </Link>
          : {silenceWords(one)}
          {". "}
        </span>
      ))}
      {items.length > SHOWN && `${count(items.length - SHOWN)} more services are silent, in part or whole.`}
    </p>
  );
}
