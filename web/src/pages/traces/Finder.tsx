import { type SubmitEvent, useState } from "react";
import { useLocation } from "wouter";
import { tracePath } from "../../paths";
import { traceIdIn } from "../trace/traceId";
import type { View } from "./search";

const CONDITION = /^[^=~]+[=~]/;

/** One field for what is pasted or typed: a trace's id opens it, `key=value` and `key~part` narrow the search. */
export function Finder({ view }: { view: View }) {
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = typed.trim();
    const traceId = traceIdIn(text);
    if (CONDITION.test(text)) {
      if (!view.attributes.includes(text)) view.setAttributes([...view.attributes, text]);
      setTyped("");
    } else if (traceId) navigate(tracePath(traceId));
    else setWrong(text !== "");
  };
  return (
    <form className="search trace-finder" onSubmit={submit} role="search">
      <input
        type="search"
        aria-label="Trace id, or an attribute as key=value or key~part"
        placeholder="Trace id, key=value or key~part"
        value={typed}
        aria-invalid={wrong}
        aria-describedby={wrong ? "finder-wrong" : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setWrong(false);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      {wrong && (
        <span id="finder-wrong" role="alert" className="trace-finder-wrong">
          Enter a 32-digit trace id, key=value or key~part.
        </span>
      )}
    </form>
  );
}
