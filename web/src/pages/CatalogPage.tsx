// Catalog: which objectives are kept as code, whose they are, how they are, and what is wrong with their documents?

import { Link } from "wouter";
import { Page } from "../app/Page";
import { useCatalog, useObjectives } from "../api/queries";
import type { Catalog, Objective } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty } from "../parts/Notice";
import { matches, Search, useFilter } from "../parts/Search";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { objectivePath, objectivesPath, partPath, servicePath, servicesPath } from "../paths";
import { lookOfObjective, urgencyOf } from "../states/states";
import { count, percent } from "../words/counts";
import { windowWords } from "../words/durations";
import { when } from "../words/moments";

export default function CatalogPage() {
  const catalog = useCatalog();
  const [typed, setTyped] = useFilter();
  return (
    <Page
      title="Catalog"
      reads={[catalog]}
      tools={<Search label="Filter the catalog" value={typed} onChange={setTyped} />}
    >
      <Answered
        query={catalog}
        bones={
          <>
            <StripBones />
            <RowBones rows={8} />
          </>
        }
      >
        {(data) => <Loaded catalog={data} typed={typed} />}
      </Answered>
    </Page>
  );
}

function Loaded({ catalog, typed }: { catalog: Catalog; typed: string }) {
  const services = catalog.services.filter((service) =>
    matches(`${service.name} ${service.display_name} ${service.team ?? ""}`, typed),
  );
  const objectives = standingOf(catalog, useObjectives().items).filter((objective) =>
    matches(
      `${objective.name} ${objective.display_name} ${objective.service} ${objective.team ?? ""}`,
      typed,
    ),
  );
  const nothing = `Nothing matches “${typed}”.`;
  return (
    <>
      <Strip cells={cellsOf(catalog)} />
      {catalog.problems.length > 0 && (
        <div className="grid" id="problems">
          <Table
            label="Problems"
            titled
            columns={PROBLEMS}
            rows={catalog.problems}
            rowKey={(problem) => `${problem.file} ${problem.line} ${problem.path} ${problem.rule}`}
            nothing=""
          />
        </div>
      )}
      {catalog.services.length + catalog.objectives.length === 0 ? (
        <div className="grid">
          <Empty title="The catalog is empty" command="holdfast catalog apply DIRECTORY">
            Services and their objectives are kept as YAML beside your code, looked at with lint and plan, and
            put here with apply.
          </Empty>
        </div>
      ) : (
        <div className="grid catalog-room">
          <Table
            label="Services"
            titled
            columns={SERVICES}
            rows={services}
            rowKey={(service) => service.name}
            nothing={nothing}
          />
          <Table
            label="Objectives"
            usual="worst first"
            titled
            columns={OBJECTIVES}
            rows={objectives}
            rowKey={(objective) => objective.name}
            nothing={nothing}
          />
        </div>
      )}
    </>
  );
}

type Listed = Catalog["objectives"][number] & { team: string | null; state: Objective | undefined };

/** The objectives with their owners and states, the most urgent first; one that is not measured yet comes last. */
function standingOf(catalog: Catalog, measured: readonly Objective[]): Listed[] {
  const teams = new Map(catalog.services.map(({ name, team }) => [name, team]));
  const states = new Map(measured.map((one) => [one.name, one]));
  return catalog.objectives
    .map((one) => ({ ...one, team: teams.get(one.service) ?? null, state: states.get(one.name) }))
    .sort((one, other) => rankOf(one) - rankOf(other) || one.display_name.localeCompare(other.display_name));
}

function rankOf({ state }: Listed): number {
  return state === undefined ? Number.MAX_SAFE_INTEGER : urgencyOf(state.state, state.burn_state);
}

function cellsOf(catalog: Catalog): Cell[] {
  const problems = catalog.problems.length;
  const applied =
    catalog.applied_at === null
      ? "never applied"
      : `applied ${when(catalog.applied_at)}${catalog.applied_by ? ` by ${catalog.applied_by}` : ""}`;
  return [
    {
      label: "Revision",
      value: count(catalog.revision),
      note: applied,
      ...(catalog.source_directory ? { title: `Read from ${catalog.source_directory} on the server` } : {}),
    },
    {
      label: "Services",
      value: count(catalog.services.length),
      note: "with objectives",
      href: servicesPath(),
    },
    {
      label: "Objectives",
      value: count(catalog.objectives.length),
      note: "measured every 10 s",
      href: objectivesPath(),
    },
    {
      label: "Problems",
      value: count(problems),
      tone: problems > 0 ? "bad" : "plain",
      note: problems > 0 ? "the last valid revision is in force" : "every document was accepted",
      ...(problems > 0 ? { href: partPath("problems") } : {}),
    },
  ];
}

const SERVICES: readonly Column<Catalog["services"][number]>[] = [
  {
    key: "name",
    words: "Service",
    wide: true,
    cell: (service) => (
      <Link href={servicePath({ name: service.name })} data-row={service.name} className="name-link strong">
        {service.display_name}
      </Link>
    ),
  },
  {
    key: "tier",
    words: "Tier",
    named: true,
    cell: (service) => service.tier ?? <span className="none">—</span>,
  },
  {
    key: "team",
    words: "Team",
    named: true,
    cell: (service) => <span className="muted">{service.team ?? "—"}</span>,
  },
];

const OBJECTIVES: readonly Column<Listed>[] = [
  {
    key: "name",
    words: "Objective",
    wide: true,
    cell: (objective) => (
      <>
        <Link href={objectivePath(objective.name)} data-row={objective.name} className="name-link strong">
          {objective.display_name}
        </Link>
        <span className="quiet">
          {"  "}
          {objective.name}
        </span>
      </>
    ),
  },
  {
    key: "state",
    words: "State",
    order: (one, other) => rankOf(one) - rankOf(other),
    cell: ({ state }) =>
      state === undefined ? <span className="none">—</span> : <StateChip look={lookOfObjective(state)} />,
  },
  {
    key: "service",
    words: "Service",
    cell: (objective) => <span className="muted">{objective.service}</span>,
  },
  { key: "target", words: "Target", number: true, cell: (objective) => percent(objective.target) },
  {
    key: "owner",
    words: "Owner",
    named: true,
    order: (one, other) => (one.team ?? "").localeCompare(other.team ?? ""),
    cell: ({ team }) => team ?? <span className="none">—</span>,
  },
  {
    key: "definition",
    words: "Definition",
    cell: ({ name, display_name: title }) => (
      <Link
        href={`${objectivePath(name)}#definition`}
        className="name-link"
        aria-label={`Definition of ${title}`}
      >
        what is good
      </Link>
    ),
  },
  { key: "window", words: "Window", number: true, cell: (objective) => windowWords(objective.window) },
];

const PROBLEMS: readonly Column<Catalog["problems"][number]>[] = [
  {
    key: "file",
    words: "Problem in",
    cell: (problem) => (
      <code>
        {problem.file}
        {problem.line > 0 ? `:${problem.line}` : ""}
      </code>
    ),
  },
  { key: "path", words: "Field", cell: (problem) => <code>{problem.path}</code> },
  {
    key: "value",
    words: "Value",
    cell: (problem) => (
      <code className={`problem-value tone-${problem.level === "error" ? "bad" : "warn"}`}>
        {problem.value}
      </code>
    ),
  },
  {
    key: "message",
    words: "What is wrong",
    wide: true,
    cell: (problem) => <span title={problem.message}>{problem.message}</span>,
  },
  { key: "rule", words: "Rule", cell: (problem) => <span className="muted">{problem.rule}</span> },
];
