// Choosing a time: a line to type in with its reading beside, lengths, days, both ends, the zone, and what to compare with.

import { type ReactNode, type SubmitEvent, useId, useState } from "react";
import { COMPARED_WORDS, type Range, rangeWords, useComparison } from "../../range/range";
import { endsOf, endWords, lastWords, PRESETS } from "../../range/ranges";
import { type At, type Reading, readTyped } from "../../range/typed";
import { durationWords } from "../../words/durations";
import { clock, clockSeconds } from "../../words/moments";
import { shownZone, showZone } from "../../words/shownZone";
import { ownZone, UTC, zoneName } from "../../words/zones";
import { Sign } from "../Sign";
import { Around } from "./Around";
import { Calendar } from "./Calendar";
import { NamedSegments } from "./NamedSegments";

type Props = {
  shown: Range | null;
  chosen: Range | null;
  /** What the page shows while nothing is chosen. */
  usual: string;
  compares: boolean;
  onChoose: (range: Range | null) => void;
  onZone: () => void;
};
type Typed = { line: string; ends: { from: string; to: string } | null };

export function TimeDialog({ shown, chosen, usual, compares, onChoose, onZone }: Props) {
  const [now] = useState(() => Date.now());
  const [typed, setTyped] = useState<Typed>({ line: shown ? rangeWords(shown, now) : "", ends: null });
  const at = { now, zone: shownZone() };
  const reading = readTyped(typed.line, at);
  const type = (line: string) => setTyped({ line, ends: null });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if ("range" in reading) onChoose(reading.range);
  };
  return (
    <form onSubmit={submit} className="time-form">
      <Line typed={typed.line} reading={reading} now={now} onType={type} />
      <div className="time-parts">
        <Lengths chosen={chosen} usual={usual} onChoose={onChoose} />
        <div className="time-right">
          <Calendar reading={reading} at={at} onPick={type} />
          <div>
            <Ends reading={reading} shown={shown} typed={typed} at={at} onType={setTyped} />
            <Zone reading={reading} now={now} onZone={onZone} />
          </div>
          <Around now={now} onChoose={onChoose} />
          {compares && <Compare />}
        </div>
      </div>
      <footer className="time-foot">
        <span>
          <kbd>[</kbd> <kbd>]</kbd> back, on
        </span>
        <span>
          <kbd>-</kbd> longer
        </span>
        <span>
          <kbd>0</kbd> now
        </span>
        <span className="time-hint">Type 15m · 09:14 · fri 14:00 to 15:00</span>
        <button
          type="submit"
          className="button button-small button-primary"
          aria-disabled={"wrong" in reading}
        >
          Show
        </button>
      </footer>
    </form>
  );
}

/** "Fri 27 Nov 09:00 – 11:00, 2 h": the moments a range means now, and how long it is. */
function readingWords({ range, note }: Exclude<Reading, { wrong: string }>, now: number): string {
  const ends = endsOf(range, now);
  if (ends === null) return "";
  const isMoving = range.from.startsWith("now");
  const words = isMoving
    ? `${endWords(Math.floor(ends.start / 1000) * 1000, shownZone(), now)} – ${range.to === "now" ? "now" : clock(new Date(ends.end))}`
    : rangeWords(range, now);
  return `${words}, ${durationWords((ends.end - ends.start) / 1000)}${note === null ? "" : ` · ${note}`}`;
}

function Line({
  typed,
  reading,
  now,
  onType,
}: {
  typed: string;
  reading: Reading;
  now: number;
  onType: (text: string) => void;
}) {
  const id = useId();
  const isWrong = "wrong" in reading;
  const isEmpty = typed.trim() === "";
  return (
    <div className={`time-line${isWrong && !isEmpty ? " time-wrong" : ""}`}>
      <input
        type="text"
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        aria-label="Range, typed"
        aria-describedby={id}
        aria-invalid={isWrong && !isEmpty}
        value={typed}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => onType(event.target.value)}
      />
      <p id={id} role="status" className={isEmpty ? "muted" : isWrong ? "tone-bad" : "tone-ok"}>
        {!isEmpty && <Sign sign={isWrong ? "square" : "circle"} />}{" "}
        {isWrong ? reading.wrong : readingWords(reading, now)}
      </p>
    </div>
  );
}

type LengthsProps = Pick<Props, "chosen" | "usual" | "onChoose">;

function Lengths({ chosen, usual, onChoose }: LengthsProps) {
  return (
    <div className="time-lengths" role="group" aria-label="Up to now">
      <Length isCurrent={chosen === null} onClick={() => onChoose(null)} words={`Usual: ${usual}`} />
      {PRESETS.map((length) => (
        <Length
          key={length}
          isCurrent={chosen?.from === `now-${length}` && chosen.to === "now"}
          onClick={() => onChoose({ from: `now-${length}`, to: "now" })}
          words={`Last ${lastWords(length)}`}
          short={length}
        />
      ))}
    </div>
  );
}

function Length({
  words,
  short,
  isCurrent,
  onClick,
}: {
  words: string;
  short?: string;
  isCurrent: boolean;
  onClick: () => void;
}) {
  return (
    <button type="button" className="time-length" aria-pressed={isCurrent} onClick={onClick}>
      <span>{words}</span>
      {short && <span aria-hidden="true">{short}</span>}
    </button>
  );
}

type EndsProps = {
  reading: Reading;
  shown: Range | null;
  typed: Typed;
  at: At;
  onType: (typed: Typed) => void;
};

/** Both ends as fields: what is typed into one is typed into the line too. */
function Ends({ reading, shown, typed, at, onType }: EndsProps) {
  // Wrong input changes nothing: the fields keep what is looked at.
  const ends = typed.ends ?? endsIn("range" in reading ? reading.range : shown, at);
  const change = (edit: Partial<typeof ends>) => {
    const edited = { ...ends, ...edit };
    onType({ line: `${edited.from} – ${edited.to}`, ends: edited });
  };
  return (
    <>
      <Field label="From" value={ends.from} onChange={(from) => change({ from })} />
      <Field label="To" value={ends.to} onChange={(to) => change({ to })}>
        {ends.to === "now" && <span className="quiet">{clockSeconds(new Date(at.now))}</span>}
      </Field>
    </>
  );
}

function endsIn(range: Range | null, { now, zone }: At) {
  const ends = range && endsOf(range, now);
  if (ends === null) return { from: "", to: "" };
  const words = (end: string, instant: number) => {
    if (end === "now") return "now";
    const found = /^now-(\w+)$/.exec(end);
    return found ? `${lastWords(found[1] ?? "")} ago` : endWords(instant, zone, now);
  };
  return { from: words(range?.from ?? "", ends.start), to: words(range?.to ?? "", ends.end) };
}

function Field({
  label,
  value,
  onChange,
  children,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  children?: ReactNode;
}) {
  return (
    <label className="time-field">
      <span>{label}</span>
      <span className="time-box">
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        {children}
      </span>
    </label>
  );
}

function Zone({ reading, now, onZone }: { reading: Reading; now: number; onZone: () => void }) {
  const own = ownZone();
  const start = "range" in reading ? (endsOf(reading.range, now)?.start ?? now) : now;
  const name = zoneName(now, own);
  if (name === UTC)
    return (
      <p className="time-zone">
        Shown in <b>UTC</b>, the zone of this browser.
      </p>
    );
  const choose = (picked: "own" | "utc") => {
    onZone();
    showZone(picked);
  };
  const two = (zone: string) => clockIn(start, zone);
  return (
    <div className="time-zone">
      <NamedSegments
        label="Shown in"
        value={shownZone() === UTC ? "utc" : "own"}
        options={[
          { value: "own", words: name, title: own },
          { value: "utc", words: UTC },
        ]}
        onPick={choose}
      />
      <p>
        {two(own)} {zoneName(start, own)} = {two(UTC)} UTC
      </p>
    </div>
  );
}

function clockIn(instant: number, zone: string): string {
  return endWords(Math.floor(instant / 60_000) * 60_000, zone, instant).split(" ")[3] ?? "";
}

function Compare() {
  const [compare, choose] = useComparison();
  return (
    <div className="time-compare">
      <NamedSegments
        label="Compare with"
        value={compare ?? "nothing"}
        options={[
          { value: "nothing", words: "nothing" },
          { value: "before", words: COMPARED_WORDS.before },
          { value: "week", words: COMPARED_WORDS.week },
        ]}
        onPick={(picked) => choose(picked === "nothing" ? null : picked)}
      />
    </div>
  );
}
