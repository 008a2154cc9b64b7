// Objectives: what is failing?

import { useState } from "react";
import { useLocation } from "wouter";
import { Page } from "../app/Page";
import { useObjectives, useStatus } from "../api/queries";
import type { Objective, ObjectiveList } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Empty, Failed } from "../parts/Notice";
import { Picker } from "../parts/Picker";
import { Search } from "../parts/Search";
import { type Cell, Strip } from "../parts/Strip";
import { objectivesPath, servicesPath } from "../paths";
import { OBJECTIVE_STATES, STATE_NAMES } from "../states/states";
import { count } from "../words/counts";
import { ObjectivesTable } from "./objectives/ObjectivesTable";
import { useObjectivesView } from "./objectives/view";

export function ObjectivesPage() {
  const objectives = useObjectives();
  const status = useStatus();
  const view = useObjectivesView(objectives.items);
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  return (
    <Page
      title="Objectives"
      lists="/api/v1/objectives"
      beside={status.data?.platform}
      reads={[objectives, status]}
      scroller={setScroller}
      tools={<Tools view={view} />}
    >
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
  const states = [
    { value: "", words: "any" },
    ...STATE_NAMES.map((name) => ({ value: name, words: OBJECTIVE_STATES[name].word })),
  ];
  const groups = [
    { value: "service", words: "service" },
    { value: "none", words: "none" },
  ] as const;
  return (
    <>
      <Picker label="Group" value={view.group} options={groups} onPick={(group) => view.set({ group })} />
      <Picker label="State" value={view.state} options={states} onPick={(state) => view.set({ state })} />
      <Search label="Filter objectives" value={view.typed} onChange={(q) => view.set({ q })} />
    </>
  );
}

function cellsOf(summary: ObjectiveList["summary"], items: readonly Objective[]): Cell[] {
  const nouns = new Set(items.map((objective) => objective.events));
  const [first = "events", ...others] = nouns;
  const noun = others.length === 0 ? first : "events";
  const bad = (value: number): Pick<Cell, "tone"> => (value > 0 ? { tone: "bad" } : {});
  return [
    { label: "Objectives", value: count(summary.total), href: objectivesPath() },
    {
      label: "Burning",
      value: count(summary.burning),
      href: objectivesPath({ state: "burning" }),
      ...bad(summary.burning),
    },
    {
      label: "Burning slowly",
      value: count(summary.burning_slowly),
      href: objectivesPath({ state: "burning_slowly" }),
      ...(summary.burning_slowly > 0 ? { tone: "warn" as const } : {}),
    },
    {
      label: "Budget exhausted",
      value: count(summary.exhausted),
      href: objectivesPath({ state: "exhausted" }),
      ...bad(summary.exhausted),
    },
    {
      label: "No data",
      value: count(summary.no_data),
      href: objectivesPath({ state: "no_data" }),
      ...(summary.no_data > 0 ? { tone: "none" as const } : {}),
    },
    {
      label: `Bad ${noun}, last hour`,
      value: count(summary.bad_last_hour),
      href: objectivesPath({ sort: "bad", group: "none" }),
    },
  ];
}

function NoObjectives() {
  const [, navigate] = useLocation();
  return (
    <div style={{ marginTop: 14 }}>
      <Empty title="No objectives yet" command="holdfast catalog apply DIRECTORY">
        Your objectives appear here with their error budget, burn rate and time to exhaustion. Objectives are
        kept as code: you apply a directory of YAML documents.
      </Empty>
      <p style={{ marginTop: 12, textAlign: "center" }}>
        <button type="button" className="button" onClick={() => navigate(servicesPath())}>
          See the services that already send telemetry
        </button>
      </p>
    </div>
  );
}
