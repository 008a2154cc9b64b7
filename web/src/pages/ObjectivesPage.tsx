// Objectives: what hurts?

import { useRef } from "react";
import { useLocation } from "wouter";
import { Page } from "../app/Page";
import { useObjectives, useStatus } from "../api/queries";
import type { Objective, ObjectiveList } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Empty, Failed } from "../parts/Notice";
import { Picker } from "../parts/Picker";
import { Search } from "../parts/Search";
import { type Cell, Strip } from "../parts/Strip";
import { OBJECTIVE_STATES, STATE_NAMES } from "../states/states";
import { count } from "../words/counts";
import { ObjectivesTable } from "./objectives/ObjectivesTable";
import { useObjectivesView } from "./objectives/view";

export function ObjectivesPage() {
  const objectives = useObjectives();
  const status = useStatus();
  const view = useObjectivesView(objectives.items);
  const scroller = useRef<HTMLDivElement>(null);
  return (
    <Page title="Objectives" beside={status.data?.platform} reads={[objectives, status]} scroller={scroller} tools={<Tools view={view} />}>
      {objectives.data ? (
        <>
          <Strip cells={cellsOf(objectives.data.summary, objectives.items)} notes={false} />
          {objectives.items.length === 0 ? (
            <NoObjectives />
          ) : (
            <ObjectivesTable view={view} scroller={scroller} reading={!objectives.complete} />
          )}
        </>
      ) : objectives.error ? (
        <Failed error={objectives.error} retry={() => void objectives.refetch()} />
      ) : (
        <>
          <StripBones notes={false} />
          <RowBones rows={12} />
        </>
      )}
    </Page>
  );
}

function Tools({ view }: { view: ReturnType<typeof useObjectivesView> }) {
  const states = [{ value: "", words: "any" }, ...STATE_NAMES.map((name) => ({ value: name, words: OBJECTIVE_STATES[name].word }))];
  const groups = [
    { value: "service", words: "service" },
    { value: "none", words: "none" },
  ];
  return (
    <>
      <Picker label="Group" value={view.group} options={groups} onPick={(group) => view.set("group", group === "service" ? "" : group)} />
      <Picker label="State" value={view.state} options={states} onPick={(state) => view.set("state", state)} />
      <Search label="Filter objectives" value={view.typed} onChange={(typed) => view.set("q", typed)} />
    </>
  );
}

function cellsOf(summary: ObjectiveList["summary"], items: readonly Objective[]): Cell[] {
  const nouns = new Set(items.map((objective) => objective.events));
  const noun = nouns.size === 1 ? [...nouns][0]! : "events";
  const bad = (value: number): Pick<Cell, "tone"> => (value > 0 ? { tone: "bad" } : {});
  return [
    { label: "Objectives", value: count(summary.total), href: "/objectives" },
    { label: "Burning", value: count(summary.burning), href: "/objectives?state=burning", ...bad(summary.burning) },
    {
      label: "Burning slowly",
      value: count(summary.burning_slowly),
      href: "/objectives?state=burning_slowly",
      ...(summary.burning_slowly > 0 ? { tone: "warn" as const } : {}),
    },
    { label: "Budget exhausted", value: count(summary.exhausted), href: "/objectives?state=exhausted", ...bad(summary.exhausted) },
    { label: "No data", value: count(summary.no_data), href: "/objectives?state=no_data", ...(summary.no_data > 0 ? { tone: "none" as const } : {}) },
    { label: `Bad ${noun}, last hour`, value: count(summary.bad_last_hour), href: "/objectives?sort=bad&group=none" },
  ];
}

function NoObjectives() {
  const [, navigate] = useLocation();
  return (
    <div style={{ marginTop: 14 }}>
      <Empty title="No objectives yet" command="holdfast catalog apply DIRECTORY">
        Here each promise of your services will stand with its error budget, how fast it burns and when it will be used up. Objectives are kept as code:
        a directory of YAML documents that is applied.
      </Empty>
      <p style={{ marginTop: 12, textAlign: "center" }}>
        <button type="button" className="button" onClick={() => navigate("/services")}>
          See the services that already send telemetry
        </button>
      </p>
    </div>
  );
}
