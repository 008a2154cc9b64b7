// Making an override: a schedule, a person, from when to when, in place of whom.

import { Modal } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useAddOverride } from "../../api/oncall";
import { problemWords } from "../../api/problems";
import type { Duty, OnCall } from "../../api/types";
import { ActionButton } from "../../parts/ActionButton";
import type { Permission } from "../../states/permissions";
import { nameOfZone } from "../../words/moments";
import { shownZone } from "../../words/shownZone";
import { fieldInstant, fieldText } from "./fieldTime";
import { namesOf } from "./people";
import { timeWords } from "./shiftWords";
import { isGap } from "./weeks";

const DAY_MILLISECONDS = 86_400_000;
const MINUTE_MILLISECONDS = 60_000;
/** A longer shift is hardly taken over whole: a day of it is proposed. */
const LONG_MILLISECONDS = 7 * DAY_MILLISECONDS;
const EVERYBODY = "";

export type Picked = { schedule: string; duty: Duty | null; isOpen: boolean };
type Props = {
  picked: Picked;
  schedules: readonly OnCall[];
  people: readonly string[];
  permission: Permission;
  onClose: () => void;
};

export function OverrideDialog(props: Props) {
  return (
    <Modal
      opened
      onClose={props.onClose}
      title="Make an override"
      size={460}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 0 }}
    >
      <OverrideForm {...props} />
    </Modal>
  );
}

type Filled = { schedule: string; person: string; instead: string; from: string; to: string };

function OverrideForm({ picked, schedules, people, permission, onClose }: Props) {
  const [filled, setFilled] = useState(() => filledFrom(picked, people, Date.now(), shownZone()));
  const [refused, setRefused] = useState<string | null>(null);
  const add = useAddOverride();
  const set = (edit: Partial<Filled>) => setFilled({ ...filled, ...edit });
  const send = () => {
    const [start, end] = [filled.from, filled.to].map((text) => fieldInstant(text, shownZone()));
    const refusal = refusalOf(start ?? null, end ?? null);
    setRefused(refusal);
    if (refusal !== null || add.isPending) return;
    const { schedule, person, instead } = filled;
    const time = { start: new Date(start ?? 0).toISOString(), end: new Date(end ?? 0).toISOString() };
    add.mutate({ schedule, person, ...time, instead_of: instead || null }, { onSuccess: onClose });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (permission.allowed) send();
  };
  return (
    <form onSubmit={submit}>
      {picked.duty && <p className="muted override-about">{aboutOf(picked.duty, picked.isOpen)}</p>}
      <Choice label="Schedule" value={filled.schedule} onChange={(schedule) => set({ schedule })}>
        {schedules.map((one) => [one.schedule, one.display_name] as const)}
      </Choice>
      <Choice
        label="Who is on call then"
        isFirst
        value={filled.person}
        onChange={(person) => set({ person })}
      >
        {people.map((one) => [one, one] as const)}
      </Choice>
      <Choice label="In place of" value={filled.instead} onChange={(instead) => set({ instead })}>
        {[[EVERYBODY, "everybody on call then"] as const, ...people.map((one) => [one, one] as const)]}
      </Choice>
      <div className="override-times">
        <Time label={`From, ${nameOfZone()}`} value={filled.from} onChange={(from) => set({ from })} />
        <Time label={`To, ${nameOfZone()}`} value={filled.to} onChange={(to) => set({ to })} />
      </div>
      {(refused ?? add.error) && (
        <p className="refused" role="alert">
          {refused ?? `${problemWords(add.error).title}: ${problemWords(add.error).detail}`}
        </p>
      )}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <ActionButton
          words="Make override"
          permission={permission}
          primary
          busy={add.isPending}
          onClick={send}
        />
      </div>
    </form>
  );
}

type ChoiceProps = {
  label: string;
  value: string;
  isFirst?: boolean;
  onChange: (value: string) => void;
  children: ReadonlyArray<readonly [string, string]>;
};

function Choice({ label, value, isFirst, onChange, children }: ChoiceProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} data-autofocus={isFirst} onChange={(event) => onChange(event.target.value)}>
        {children.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

type TimeProps = { label: string; value: string; onChange: (value: string) => void };

function Time({ label, value, onChange }: TimeProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input type="datetime-local" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

/** The rest of the shift, with somebody who is not on it. */
function filledFrom(
  { schedule, duty, isOpen }: Picked,
  people: readonly string[],
  now: number,
  zone: string,
): Filled {
  const minutes = (each: number, round: (value: number) => number) =>
    round(each / MINUTE_MILLISECONDS) * MINUTE_MILLISECONDS;
  const at = minutes(now, Math.floor);
  const from = duty === null ? at : Math.max(at, Date.parse(duty.start));
  const end = duty === null ? from + DAY_MILLISECONDS : Date.parse(duty.end);
  const to = isOpen || end - from > LONG_MILLISECONDS ? from + DAY_MILLISECONDS : end;
  const [only, ...others] = duty?.people ?? [];
  return {
    schedule,
    person: people.find((one) => !duty?.people.includes(one)) ?? people[0] ?? "",
    instead: only !== undefined && others.length === 0 ? only : EVERYBODY,
    from: fieldText(from, zone),
    to: fieldText(minutes(to, Math.ceil), zone),
  };
}

function refusalOf(start: number | null, end: number | null): string | null {
  if (start === null) return "From is not a time here: clocks skip it, or a part is missing.";
  if (end === null) return "To is not a time here: clocks skip it, or a part is missing.";
  return start < end ? null : "To is not after From.";
}

function aboutOf(duty: Duty, isOpen: boolean): string {
  const time = timeWords(duty, isOpen, Date.now());
  return isGap(duty) ? `Nobody is on call ${time}.` : `On call ${time}: ${namesOf(duty.people)}.`;
}
