// Objective: how bad, since when, where did it go?

import { Link } from "wouter";
import { Page } from "../app/Page";
import {
  useBreakdown,
  useContributors,
  useExemplars,
  useObjective,
  useObjectiveSeries,
} from "../api/queries";
import type { Contributor, Contributors, ObjectiveDetail } from "../api/types";
import { ChartBones, LineBones, StripBones } from "../parts/Bones";
import { Breakdown } from "../parts/Breakdown";
import { Exemplars } from "../parts/Exemplars";
import { Answered } from "../parts/Notice";
import { Elsewhere } from "../parts/Elsewhere";
import { Panel } from "../parts/Panel";
import { RangePicker } from "../parts/RangePicker";
import { byOperation, byVersionAndZone, Shares } from "../parts/Shares";
import { SilentNow } from "../parts/SilentNow";
import { Strip } from "../parts/Strip";
import { incidentPath, objectivesPath, originPath, tracesPath } from "../paths";
import { notBefore, pinned, type Range, rangeWords, useRange } from "../range/range";
import { allowance, count, wholePercent } from "../words/counts";
import { windowWords } from "../words/durations";
import { ownerWords } from "../words/services";
import { paceWords } from "../words/pace";
import { BudgetChart, BurnChart, EventsChart } from "./objective/charts";
import { Definition } from "./objective/Definition";
import { cellsOf } from "./objective/cells";
import { Tiers } from "./objective/Tiers";

const PARENT = { href: objectivesPath(), name: "Objectives" };
const EXEMPLARS_SHOWN = 4;

export default function ObjectivePage({ name }: { name: string }) {
  const objective = useObjective(name);
  return (
    <Page
      title={objective.data?.display_name ?? name}
      parent={PARENT}
      beside={objective.data && [objective.data.service, ...ownerWords(objective.data)].join(" · ")}
      reads={[objective]}
      tools={
        <>
          {objective.data?.incident_id != null && (
            <Link href={incidentPath(objective.data.incident_id)} className="button button-primary">
              Open incident {objective.data.incident_id}
            </Link>
          )}
          {objective.data && <Elsewhere of={objective.data} />}
          <RangePicker usual={null} />
        </>
      }
    >
      <Answered query={objective} bones={<ObjectiveBones />}>
        {(data) => <Loaded objective={data} />}
      </Answered>
    </Page>
  );
}

function Loaded({ objective }: { objective: ObjectiveDetail }) {
  return (
    <>
      <SilentNow of={[objective.service]} />
      <Strip cells={cellsOf(objective)} />
      <Charts objective={objective} />
      <Causes objective={objective} />
      <InCommon objective={objective} />
      <Tiers tiers={objective.tiers} />
      <Events objective={objective} />
    </>
  );
}

/** The budget's chart begins where its window, or its data, began; the others show the last hours. */
function Charts({ objective }: { objective: ObjectiveDetail }) {
  const range = useRange();
  const budgetRange = range.or(notBefore(`now-${objective.window}`, objective.covered_since));
  const burnRange = range.or(notBefore("now-6h", objective.covered_since));
  const budget = useObjectiveSeries(objective.name, budgetRange);
  const burn = useObjectiveSeries(objective.name, burnRange);
  const choose = { onBrush: range.brush };
  return (
    <div className="grid objective-charts">
      <Panel
        name="Error budget left"
        of={`over the previous ${windowWords(objective.window)}`}
        id="budget"
        aside={belowWords(objective)}
      >
        <Answered query={budget} small bones={<ChartBones height={224} />}>
          {(series) => <BudgetChart series={series} spent={spentWords(objective)} {...choose} />}
        </Answered>
      </Panel>
      <Panel name="Burn rate" of={`log scale · ${rangeWords(burnRange)}`} id="burn">
        <Answered query={burn} small bones={<ChartBones height={224} />}>
          {(series) => <BurnChart series={series} tiers={objective.tiers} {...choose} />}
        </Answered>
      </Panel>
    </div>
  );
}

/** What has to be bad for the budget to be used up: "2 bad orders". */
function spentWords({ budget, events }: ObjectiveDetail): string {
  return `${allowance(budget.allowed)} bad ${events}`;
}

/** Below −100% the axis is a power of ten a step: the fall does not flatten what came before it. */
function belowWords({ budget }: ObjectiveDetail): string | undefined {
  const left = budget.remaining_ratio;
  return left !== null && left < -1 ? `now ${wholePercent(left)} · linear above −100%, log below` : undefined;
}

function Causes({ objective }: { objective: ObjectiveDetail }) {
  const range = useRange();
  const looked = range.or("now-1h");
  const counted = pinned(looked, objective.measured_at);
  const contributors = useContributors(objective.name, counted);
  const exemplars = useExemplars(objective.name, counted, EXEMPLARS_SHOWN);
  const shared = {
    events: objective.events,
    href: (sender: Contributor) => originPath(sender, range.chosen),
  };
  return (
    <div className="grid objective-causes">
      <Panel name="Where the budget went" of={rangeWords(looked)} id="causes">
        <Answered query={contributors} small bones={<LineBones lines={4} />}>
          {(found) => (
            <Shares
              items={found.items}
              by={byOperation}
              footnote={footnoteOf(found, objective.events, looked)}
              {...shared}
            />
          )}
        </Answered>
      </Panel>
      <Panel name="By version and zone" of={rangeWords(looked)}>
        <Answered query={contributors} small bones={<LineBones lines={4} />}>
          {({ items }) => <Shares items={items} by={byVersionAndZone} {...shared} />}
        </Answered>
      </Panel>
      <Panel name={`Bad ${objective.events}, newest first`} of={rangeWords(looked)}>
        <Answered query={exemplars} small bones={<LineBones lines={4} />}>
          {({ items }) => <Exemplars items={items} events={objective.events} objective={objective.name} />}
        </Answered>
      </Panel>
    </div>
  );
}

function InCommon({ objective }: { objective: ObjectiveDetail }) {
  const looked = useRange().or("now-1h");
  const breakdown = useBreakdown(objective.name, pinned(looked, objective.measured_at));
  return (
    <div className="grid">
      <Panel
        name={`What the bad ${objective.events} have in common`}
        of={rangeWords(looked)}
        id="explain"
        aside={
          <Link
            href={tracesPath({ objective: objective.name, range: looked })}
            className="button button-small"
          >
            Traces
          </Link>
        }
      >
        <Answered query={breakdown} small bones={<LineBones lines={4} />}>
          {(found) => (
            <Breakdown found={found} objective={objective.name} events={objective.events} range={looked} />
          )}
        </Answered>
      </Panel>
    </div>
  );
}

/** With the range: the counts of the window are others. In the words of what bad events have in common. */
/** How many were followed, and how fast events came where that is unusual: a sale may be why. */
function footnoteOf(found: Contributors, events: string, looked: Range): string | undefined {
  const sampled = sampledWords(found, events, looked);
  return found.pace ? [`${paceWords(found.pace, events)}.`, sampled].filter(Boolean).join(" ") : sampled;
}

function sampledWords(found: Contributors, events: string, looked: Range): string | undefined {
  if (found.bad === 0) return undefined;
  const all = `${count(found.bad)} bad ${events}, ${rangeWords(looked)}`;
  if (found.sampled >= found.bad) return `All ${all}, followed to where they began.`;
  return `Shares of ${count(found.sampled)} of the ${all}: those were followed to where they began.`;
}

function Events({ objective }: { objective: ObjectiveDetail }) {
  const range = useRange();
  const looked = range.or(notBefore("now-6h", objective.covered_since));
  const series = useObjectiveSeries(objective.name, looked);
  return (
    <div className="grid objective-charts">
      <Panel name={`Total and bad ${objective.events}`} of={rangeWords(looked)} id="events">
        <Answered query={series} small bones={<ChartBones height={180} />}>
          {(data) => <EventsChart series={data} onBrush={range.brush} />}
        </Answered>
      </Panel>
      <Panel name="Definition" id="definition">
        <Definition objective={objective} />
      </Panel>
    </div>
  );
}

function ObjectiveBones() {
  return (
    <>
      <StripBones />
      <div className="grid objective-charts">
        {["Error budget left", "Burn rate"].map((name) => (
          <Panel key={name} name={name}>
            <ChartBones height={224} />
          </Panel>
        ))}
      </div>
      <div className="grid objective-causes">
        {["Where the budget went", "By version and zone", "Bad events, newest first"].map((name) => (
          <Panel key={name} name={name}>
            <LineBones lines={4} />
          </Panel>
        ))}
      </div>
    </>
  );
}
