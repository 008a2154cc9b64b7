// On-call: who is on now and next, where is a hole?

import { useState } from "react";
import { GAP_DAYS, useContacts, useGaps, useOnCall } from "../api/oncall";
import { usePages } from "../api/paging";
import { useSession } from "../api/queries";
import type { Contact, Duty, Gap, OnCall, Paged } from "../api/types";
import { Page } from "../app/Page";
import { FiguresContext } from "../export/context";
import { ActionButton } from "../parts/ActionButton";
import { ChartBones, LineBones, RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { type Cell, Strip } from "../parts/Strip";
import { pagePath, partPath } from "../paths";
import { permitted } from "../states/permissions";
import { count, countOf } from "../words/counts";
import { until } from "../words/moments";
import { isUnanswered } from "../words/paging";
import { BEGINNING } from "./oncall/beginning";
import { Cards } from "./oncall/Cards";
import { Contacts } from "./oncall/Contacts";
import { NewestPages } from "./oncall/NewestPages";
import { OverrideDialog, type Picked } from "./oncall/OverrideDialog";
import { Overrides } from "./oncall/Overrides";
import { canBePaged, peopleOf } from "./oncall/people";
import { Shifts } from "./oncall/Shifts";

const BONES_PIXELS = 160;
const BONES_LINES = 5;

export default function OnCallPage() {
  const oncall = useOnCall();
  const gaps = useGaps(GAP_DAYS);
  const contacts = useContacts();
  const pages = usePages();
  const permission = permitted(useSession().data, "override");
  const [picked, pick] = useState<Picked | null>(null);
  const items = oncall.data?.items ?? [];
  const people = peopleOf(
    contacts.data?.items ?? [],
    items.flatMap((one) => [...one.people, ...(one.following ?? [])]),
  );
  const [first] = items;
  return (
    <Page
      title="On-call"
      reads={[oncall, gaps, contacts, pages]}
      tools={
        first && (
          <ActionButton
            words="Override…"
            permission={permission}
            primary
            onClick={() => pick({ schedule: first.schedule, duty: null, isOpen: false })}
          />
        )
      }
    >
      <Answered query={oncall} bones={<OnCallBones />}>
        {() =>
          items.length === 0 && (contacts.data?.items ?? []).length === 0 ? (
            <Beginning />
          ) : (
            <Everything
              {...{ items, people, permission }}
              gaps={gaps}
              contacts={contacts}
              pages={pages}
              onPick={(schedule, duty, isOpen) => pick({ schedule, duty, isOpen })}
            />
          )
        }
      </Answered>
      {picked && (
        <OverrideDialog {...{ picked, people, permission }} schedules={items} onClose={() => pick(null)} />
      )}
    </Page>
  );
}

type Props = {
  items: readonly OnCall[];
  people: readonly string[];
  permission: ReturnType<typeof permitted>;
  gaps: ReturnType<typeof useGaps>;
  contacts: ReturnType<typeof useContacts>;
  pages: ReturnType<typeof usePages>;
  onPick: (schedule: string, duty: Duty, isOpen: boolean) => void;
};

function Everything({ items, people, permission, gaps, contacts, pages, onPick }: Props) {
  const holes = gaps.data?.items ?? [];
  const session = useSession();
  return (
    <>
      <Strip
        cells={cellsOf({
          items,
          gaps: gaps.data?.items,
          contacts: contacts.data?.items,
          pages: pages.data?.items,
        })}
      />
      <Cards items={items} gaps={holes} contacts={contacts.data?.items} people={people} />
      {items.length > 0 && (
        <div className="grid">
          <FiguresContext value={null}>
            <Shifts {...{ items, people, permission, onPick }} gaps={holes} />
          </FiguresContext>
        </div>
      )}
      <div className="grid oncall-below">
        {items.length > 0 && (
          <FiguresContext value={null}>
            <Overrides {...{ items, people, permission }} />
          </FiguresContext>
        )}
        <Answered query={contacts} small bones={<LineBones lines={BONES_LINES} />}>
          {(data) => <Contacts contacts={data.items} permission={permitted(session.data, "contact")} />}
        </Answered>
      </div>
      <div className="grid">
        <Answered query={pages} small bones={<RowBones rows={BONES_LINES} />}>
          {(data) => <NewestPages pages={data.items} />}
        </Answered>
      </div>
    </>
  );
}

type Figures = {
  items: readonly OnCall[];
  gaps: readonly Gap[] | undefined;
  contacts: readonly Contact[] | undefined;
  pages: readonly Paged[] | undefined;
};

function cellsOf({ items, gaps, contacts, pages }: Figures): Cell[] {
  const on = [...new Set(items.flatMap((one) => one.people))];
  return [
    {
      label: "On call now",
      value: on.length === 0 ? "nobody" : countOf(on.length, on.length === 1 ? "person" : "people"),
      note: `for ${countOf(items.length, "schedules")}`,
      ...(on.length === 0 ? { tone: "bad" as const, sign: "square" as const } : {}),
    },
    gapsCell(items, gaps),
    reachCell(on, contacts),
    pagesCell(pages),
  ];
}

function gapsCell(items: readonly OnCall[], gaps: readonly Gap[] | undefined): Cell {
  const label = `Gaps, next ${GAP_DAYS} days`;
  const [first] = gaps ?? [];
  if (gaps === undefined) return { label, value: "—" };
  if (first === undefined) return { label, value: "0", note: "somebody is always on call" };
  const name = items.find(({ schedule }) => schedule === first.schedule)?.display_name ?? first.schedule;
  return {
    label,
    value: count(gaps.length),
    tone: "bad",
    sign: "square",
    note: `${name}, ${Date.parse(first.start) <= Date.now() ? "now" : until(first.start)}`,
    href: partPath("shifts"),
  };
}

function reachCell(on: readonly string[], contacts: readonly Contact[] | undefined): Cell {
  const label = "Cannot be paged";
  if (contacts === undefined) return { label, value: "—" };
  const lost = on.filter((person) => !canBePaged(person, contacts));
  if (lost.length === 0)
    return { label, value: "0", note: "of those on call now", href: partPath("contacts") };
  return {
    label,
    value: count(lost.length),
    tone: "bad",
    sign: "square",
    note: `${lost.join(", ")}: no verified contact`,
    href: partPath("contacts"),
  };
}

function pagesCell(pages: readonly Paged[] | undefined): Cell {
  const label = "Pages not acknowledged";
  if (pages === undefined) return { label, value: "—" };
  const open = pages.filter(isUnanswered);
  const [first] = open;
  if (first === undefined) return { label, value: "0", note: pages.length === 0 ? "no page yet" : "" };
  return {
    label,
    value: count(open.length),
    tone: "bad",
    sign: "square",
    note: first.title,
    href: pagePath(first.id),
  };
}

function OnCallBones() {
  return (
    <>
      <StripBones cells={4} />
      <div className="grid">
        <ChartBones height={BONES_PIXELS} />
      </div>
      <RowBones rows={BONES_LINES} />
    </>
  );
}

/** Nobody can be paged yet: the lines to begin with. */
function Beginning() {
  return (
    <section className="panel oncall-beginning" aria-labelledby="beginning">
      <h2 id="beginning">Nobody is on call yet</h2>
      <p>
        Here you will see who is on call now and next, and where nobody is. Put these lines into the directory
        of your catalog with your people in them, and apply it with <code>holdfast catalog apply</code>. Then
        send each contact its code from here: only verified contacts are used for pages.
      </p>
      {/* Longer than a phone is wide: it is scrolled, with keys too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label="Catalog lines to begin with">
        {BEGINNING}
      </pre>
    </section>
  );
}
