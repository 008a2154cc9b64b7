// Objectives: what is failing?

import { useState } from "react";
import { useLocation } from "wouter";
import { Page } from "../app/Page";
import { useObjectives, useOpenIncidents, useStatus } from "../api/queries";
import type { Objective, ObjectiveList } from "../api/types";
import { FiguresContext } from "../export/context";
import { RowBones, StripBones } from "../parts/Bones";
import { Empty, Failed } from "../parts/Notice";
import { Picker } from "../parts/Picker";
import { Search } from "../parts/Search";
import { LostNow } from "../parts/SilentNow";
import { type Cell, Strip } from "../parts/Strip";
import { objectivesPath, openIncidentsPath, servicesPath } from "../paths";
import { OBJECTIVE_STATES, STATE_NAMES } from "../states/states";
import { count } from "../words/counts";
import { incidentsWords, onlyOne } from "../words/incidents";
import { ObjectivesTable } from "./objectives/ObjectivesTable";
import { useObjectivesView } from "./objectives/view";

export function ObjectivesPage() {
  const objectives = useObjectives();
  const status = useStatus();
  const open = useOpenIncidents();
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
        <FiguresContext value={objectives.data}>
          <LostNow />
          <Strip cells={cellsOf(objectives.data.summary, objectives.items, open)} />
          {objectives.items.length === 0 ? (
            <NoObjectives />
          ) : (
            <ObjectivesTable view={view} scroller={scroller} reading={!objectives.complete} />
          )}
        </FiguresContext>
      ) : objectives.error ? (
        <Failed error={objectives.error} retry={() => void objectives.refetch()} />
      ) : (
        <>
          <StripBones />
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
    { value: "trouble", words: "worst first" },
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

type Summary = ObjectiveList["summary"];

/** "3 page, 4 only ticket": as many pages as alerts show, and what burns and calls nobody. */
function burningWords({ burning, burning_slowly: slowly }: Summary): string[] {
  const paging = burning - slowly;
  if (burning === 0) return [];
  if (slowly === 0) return [`${count(paging)} page`];
  return [paging === 0 ? "only ticket" : `${count(paging)} page, ${count(slowly)} only ticket`];
}

function lookOfBurning({ burning, burning_slowly: slowly }: Summary): Pick<Cell, "tone" | "sign"> {
  if (burning === 0) return {};
  const { tone, sign } = OBJECTIVE_STATES[burning > slowly ? "burning" : "burning_slowly"];
  return { tone, sign };
}

function cellsOf(summary: Summary, items: readonly Objective[], open: number): Cell[] {
  const numbers = items.flatMap((one) => one.incident_id ?? []);
  const { burning, burning_slowly: slowly, exhausted, no_data: silent } = summary;
  const [most, ...others] = summary.bad;
  const where = burning > 0 || open > 0 ? [incidentsWords(open, numbers)] : [];
  const quiet = items.filter((one) => one.state === "exhausted" && one.burn_state === "quiet").length;
  return [
    {
      label: "Burning now",
      value: count(burning),
      note: [...burningWords(summary), ...where].join(" · ") || "no alert fires",
      ...(open > 0 ? { noteHref: openIncidentsPath(onlyOne(open, numbers)) } : {}),
      href: objectivesPath({ state: "burning" }),
      ...lookOfBurning(summary),
    },
    {
      label: `Bad ${most?.events ?? "events"}, last hour`,
      value: count(most?.bad ?? 0),
      note: others
        .filter(({ bad }) => bad > 0)
        .map(({ bad, events }) => `${count(bad)} ${events}`)
        .join(" · "),
      title: most
        ? `Those of ${most.objective_display_name}, which has the most; an event may be bad for several objectives`
        : undefined,
      href: objectivesPath({ sort: "bad", group: "none" }),
      ...(burning > slowly ? { tone: "bad" as const } : {}),
    },
    {
      label: "Exhausted",
      value: count(exhausted),
      note: exhausted > 0 ? `${count(exhausted - quiet)} burning, ${count(quiet)} quiet` : "",
      href: objectivesPath({ state: "exhausted" }),
    },
    {
      label: "No data",
      value: count(silent),
      note: silent > 0 ? "alerts are suspended" : "",
      href: objectivesPath({ state: "no_data" }),
      ...(silent > 0 ? { tone: "none" as const } : {}),
    },
    {
      label: "Objectives",
      value: count(summary.total),
      note: `${count(summary.ok)} ok`,
      href: objectivesPath(),
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
