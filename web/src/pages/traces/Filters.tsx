// The conditions of a search: pickers for what is known, fields for what only the reader knows, chips for what is chosen.

import { type SubmitEvent, useState } from "react";
import { useObjectives, useStatus } from "../../api/queries";
import { useService, useServices } from "../../api/services";
import { Picker } from "../../parts/Picker";
import { exactDuration } from "../../words/durations";
import { conditionWords, secondsIn, type Single, USUAL_RANGE, type View } from "./search";

const ANY = { value: "", words: "any" };
const STATUSES = [ANY, { value: "error", words: "failed" }, { value: "ok", words: "did not fail" }];
const KINDS = [
  ANY,
  ...["server", "client", "internal", "producer", "consumer"].map((kind) => ({ value: kind, words: kind })),
];
const ORDERS = [
  { value: "failed", words: "failed first" },
  { value: "newest", words: "newest first" },
  { value: "slowest", words: "slowest first" },
] as const;

export function Filters({ view }: { view: View }) {
  const { chosen, choose } = view;
  const services = useServices(view.range.or(USUAL_RANGE));
  const zones = useStatus().data?.zones ?? [];
  const objectives = useObjectives().items;
  const of = (name: Single) => chosen.get(name) ?? "";
  const named = (names: readonly string[]) => [ANY, ...names.map((name) => ({ value: name, words: name }))];
  const sending = services.data?.items ?? [];
  // Several services may have one name; a search finds the spans of all of them.
  const each = (names: readonly string[]) => [...new Set(names)];
  const namesakes = sending.filter((one) => one.name === of("service"));
  const versions = each(namesakes.flatMap((one) => one.versions));
  const shown = new Set<Single>([
    "service",
    "status",
    ...(of("happened") !== "" ? (["outcome"] as const) : []),
    "kind",
    "min_duration_seconds",
    "max_duration_seconds",
    ...(of("service") !== "" ? (["operation"] as const) : []),
    ...(zones.length > 0 ? (["zone"] as const) : []),
    ...(versions.length > 0 ? (["version"] as const) : []),
    ...(objectives.length > 0 ? (["objective"] as const) : []),
  ]);
  return (
    <section className="trace-filters" aria-label="Conditions">
      <Picker
        label="Service"
        value={of("service")}
        narrows={of("service") !== ""}
        options={named(each(sending.map((one) => one.name)))}
        onPick={(value) => choose({ service: value })}
      />
      {of("service") !== "" && <OperationPicker view={view} service={of("service")} />}
      <Picker
        label="Status"
        value={of("status")}
        narrows={of("status") !== ""}
        options={STATUSES}
        onPick={(value) => choose({ status: value })}
      />
      <Picker
        label="Kind"
        value={of("kind")}
        narrows={of("kind") !== ""}
        options={KINDS}
        onPick={(value) => choose({ kind: value })}
      />
      {zones.length > 0 && (
        <Picker
          label="Zone"
          value={of("zone")}
          narrows={of("zone") !== ""}
          options={named(zones)}
          onPick={(value) => choose({ zone: value })}
        />
      )}
      {versions.length > 0 && (
        <Picker
          label="Version"
          value={of("version")}
          narrows={of("version") !== ""}
          options={named(versions)}
          onPick={(value) => choose({ version: value })}
        />
      )}
      {objectives.length > 0 && (
        <Picker
          label="Violated"
          value={of("objective")}
          narrows={of("objective") !== ""}
          options={[
            { value: "", words: "any" },
            ...objectives.map((one) => ({ value: one.name, words: one.display_name })),
          ]}
          onPick={(value) => choose({ objective: value })}
        />
      )}
      <Duration view={view} name="min_duration_seconds" label="At least" />
      <Duration view={view} name="max_duration_seconds" label="At most" />
      <Picker label="Order" value={view.sort} options={ORDERS} onPick={(sort) => choose({ sort })} />
      <Chips view={view} shown={shown} />
    </section>
  );
}

function OperationPicker({ view, service }: { view: View; service: string }) {
  const found = useService(service, null, view.range.or(USUAL_RANGE));
  const names = [...new Set(found.data?.operations.map((one) => one.operation) ?? [])];
  return (
    <Picker
      label="Operation"
      value={view.chosen.get("operation") ?? ""}
      narrows={view.chosen.has("operation")}
      options={[ANY, ...names.map((name) => ({ value: name, words: name }))]}
      onPick={(value) => view.choose({ operation: value })}
    />
  );
}

/** A duration as people write it; what cannot be one is marked and not looked for. */
function Duration({
  view,
  name,
  label,
}: {
  view: View;
  name: "min_duration_seconds" | "max_duration_seconds";
  label: string;
}) {
  const chosen = view.chosen.get(name);
  const shown = chosen === undefined ? "" : exactDuration(Number(chosen));
  const [typed, setTyped] = useState(shown);
  const [before, setBefore] = useState(shown);
  if (before !== shown) {
    setBefore(shown);
    setTyped(shown);
  }
  const wrong = typed !== "" && secondsIn(typed) === null;
  const submit = (event?: SubmitEvent) => {
    event?.preventDefault();
    if (!wrong && typed !== shown) view.choose({ [name]: typed === "" ? null : secondsIn(typed) });
  };
  return (
    <form onSubmit={submit} className="trace-duration">
      <input
        type="text"
        inputMode="decimal"
        aria-label={`${label}, a duration such as 300 ms`}
        placeholder={`${label} 300 ms`}
        value={typed}
        aria-invalid={wrong}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => submit()}
      />
    </form>
  );
}

/** The conditions that no menu above shows, and the way out of all of them. */
function Chips({ view, shown }: { view: View; shown: ReadonlySet<Single> }) {
  if (!view.isNarrowed) return null;
  return (
    <ul className="trace-chosen" aria-label="Chosen conditions">
      {[...view.chosen]
        .filter(([name]) => !shown.has(name))
        .map(([name, value]) => (
          <Chip key={name} words={conditionWords(name, value)} onDrop={() => view.choose({ [name]: null })} />
        ))}
      {view.attributes.map((text) => (
        <Chip
          key={text}
          words={text}
          onDrop={() => view.setAttributes(view.attributes.filter((one) => one !== text))}
        />
      ))}
      <li>
        <button type="button" className="as-link muted" onClick={view.clear}>
          Clear all
        </button>
      </li>
    </ul>
  );
}

function Chip({ words, onDrop }: { words: string; onDrop: () => void }) {
  return (
    <li>
      <button
        type="button"
        className="button button-small"
        onClick={onDrop}
        aria-label={`Remove the condition: ${words}`}
      >
        {words} <span aria-hidden="true">×</span>
      </button>
    </li>
  );
}
