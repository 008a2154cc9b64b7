import { type SubmitEvent, useState } from "react";
import { useLocation } from "wouter";
import { comparisonPath } from "../../paths";
import { traceIdIn } from "./traceId";

/** Takes the id of another trace and puts the two side by side. */
export function CompareWith({ traceId }: { traceId: string }) {
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const other = traceIdIn(typed);
    if (other) navigate(comparisonPath(traceId, other));
  };
  return (
    <form className="search" onSubmit={submit}>
      <input
        type="text"
        className="trace-other"
        aria-label="Compare with the trace of this id"
        placeholder="Compare with trace id"
        value={typed}
        aria-invalid={typed !== "" && traceIdIn(typed) === null}
        onChange={(event) => setTyped(event.target.value)}
      />
    </form>
  );
}
