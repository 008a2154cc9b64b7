// The palette: one line to type in; what wants attention, places and actions below it. Enter opens, arrows move.

import { Modal } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Sign } from "../../parts/Sign";
import { useEntries } from "./entries";
import { type Entry, found, type Group, GROUPS, marked, straight } from "./found";
import { showPalette } from "./shown";

const close = () => showPalette(false);
const closing = (act: () => void) => () => {
  close();
  act();
};

export default function Palette({ showKeys }: { showKeys: () => void }) {
  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      size={640}
      padding={0}
      yOffset="8vh"
      aria-label="Go to"
      transitionProps={{ duration: 0 }}
    >
      <Finder showKeys={showKeys} />
    </Modal>
  );
}

function Finder({ showKeys }: { showKeys: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [said, say] = useState("");
  const [, navigate] = useLocation();
  const id = useId();
  const { entries, looked } = useEntries(typed, { showKeys: closing(showKeys), say });
  const direct = straight(typed, location.origin);
  const shown = direct ? [direct] : found(entries, typed);
  const current = Math.min(at, shown.length - 1);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    if ("act" in entry) entry.act();
    else {
      close();
      navigate(entry.href);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && shown.length > 0) setAt((current + step + shown.length) % shown.length);
    else if (event.key === "Enter") choose(shown[current]);
    else return;
    event.preventDefault();
  };
  const finds = shown.some(({ id: each, group }) => each !== "lines" && group !== "Actions");
  return (
    <div className="palette">
      <input
        type="text"
        role="combobox"
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        aria-label="Go to"
        aria-expanded={shown.length > 0}
        aria-controls={id}
        aria-activedescendant={current >= 0 ? `${id}-${current}` : undefined}
        placeholder="Service, objective, incident, trace id, page or action"
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
      />
      {!finds && (
        <p className="palette-none" role="status">
          Nothing found for “{typed.trim()}”. Looked in {looked}.
        </p>
      )}
      <div id={id} role="listbox" aria-label="Found" className="palette-list">
        {GROUPS.map((group) => (
          <Entries key={group} group={group} {...{ shown, current, typed, id, setAt, choose }} />
        ))}
      </div>
      <footer className="palette-foot">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>Esc</kbd> close
        </span>
        <span role="status">{said || `${shown.length} found · takes trace ids and links`}</span>
      </footer>
    </div>
  );
}

type Listed = {
  group: Group;
  shown: readonly Entry[];
  current: number;
  typed: string;
  id: string;
  setAt: (at: number) => void;
  choose: (entry: Entry) => void;
};

function Entries({ group, shown, ...rest }: Listed) {
  const name = useId();
  const own = shown.map((entry, at) => ({ entry, at })).filter(({ entry }) => entry.group === group);
  if (own.length === 0) return null;
  return (
    <div role="group" aria-labelledby={name}>
      <h2 id={name}>{group}</h2>
      {own.map(({ entry, at }) => (
        <Option key={entry.id} entry={entry} at={at} {...rest} />
      ))}
    </div>
  );
}

type OptionProps = Omit<Listed, "group" | "shown"> & { entry: Entry; at: number };

function Option({ entry, at, current, typed, id, setAt, choose }: OptionProps) {
  const row = useRef<HTMLDivElement>(null);
  const isCurrent = at === current;
  useEffect(() => {
    if (isCurrent) row.current?.scrollIntoView({ block: "nearest" });
  }, [isCurrent]);
  return (
    // The keys are the line's above: a list box has one place for the focus.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      ref={row}
      id={`${id}-${at}`}
      role="option"
      aria-selected={isCurrent}
      className="palette-entry"
      onClick={() => choose(entry)}
      onMouseMove={() => setAt(at)}
    >
      <span className={`palette-sign tone-${entry.tone ?? "plain"}`}>
        {entry.sign && entry.tone !== "ok" && entry.tone !== "plain" && <Sign sign={entry.sign} />}
      </span>
      <span className="palette-name">
        <Marked text={entry.name} typed={typed} />
        {entry.note && (
          <small>
            {" · "}
            <Marked text={entry.note} typed={typed} />
          </small>
        )}
      </span>
      <span className="palette-kind">
        {entry.kind} {entry.keys && <kbd>{entry.keys}</kbd>}
      </span>
    </div>
  );
}

function Marked({ text, typed }: { text: string; typed: string }) {
  return marked(text, typed).map((piece, at) => (piece.isTyped ? <b key={at}>{piece.text}</b> : piece.text));
}
