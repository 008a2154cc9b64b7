import { type SubmitEvent, useState } from "react";
import { useSendCode, useVerify } from "../../api/oncall";
import { problemWords } from "../../api/problems";
import type { Contact } from "../../api/types";
import { Rows } from "../../export/context";
import { ActionButton } from "../../parts/ActionButton";
import { Moment } from "../../parts/Moment";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { StateChip } from "../../parts/StateChip";
import type { Permission } from "../../states/permissions";
import { CONTACT_STATES } from "../../states/states";

type Props = { contacts: readonly Contact[]; permission: Permission };

/** How people are reached, and the codes that show that they are. */
export function Contacts({ contacts, permission }: Props) {
  return (
    <Panel name="Contacts" of="only verified ones are used for pages" id="contacts">
      <Rows of={contacts} />
      {contacts.length === 0 ? (
        <Quiet>No user of the catalog has a contact: pages reach nobody.</Quiet>
      ) : (
        <ul className="contacts">
          {contacts.map((one) => (
            <Line key={`${one.person} ${one.contact}`} one={one} permission={permission} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Line({ one, permission }: { one: Contact; permission: Permission }) {
  const code = useSendCode(one);
  const [said, say] = useState("");
  const send = () =>
    code.mutate(undefined, {
      onSuccess: ({ answer, words }) =>
        say(answer === "accepted" ? "Code sent. It is valid for 15 minutes." : `Not sent: ${words}`),
      onError: (error) => say(`${problemWords(error).title}: ${problemWords(error).detail}`),
    });
  return (
    <li className="listed contact">
      <span>
        <b>{one.person}</b>
        <small>
          {one.contact === one.channel ? one.channel : `${one.contact}, ${one.channel}`}, {one.address}
        </small>
      </span>
      <span>
        <StateChip look={CONTACT_STATES[one.state]} />
        {one.state === "verified" && one.verified_at !== null && (
          <small>
            <Moment at={one.verified_at} />
          </small>
        )}
      </span>
      {one.state !== "verified" && (
        <span className="contact-ways">
          {one.state === "code_sent" && permission.allowed && <CodeField one={one} say={say} />}
          <ActionButton
            words={one.state === "code_sent" ? "Send another code" : "Send a code"}
            permission={permission}
            busy={code.isPending}
            onClick={send}
          />
        </span>
      )}
      {said !== "" && (
        <p className="contact-said" role="status">
          {said}
        </p>
      )}
    </li>
  );
}

const OUTCOMES = {
  done: "Verified: pages use this contact now.",
  wrong: "That is not the code that was sent. Read it again.",
  not_asked: "No code was sent to this contact. Send one first.",
  expired: "The code is over: it was valid for 15 minutes. Send another one.",
  too_many_tries: "Too many wrong codes. Send another one.",
} as const;

function CodeField({ one, say }: { one: Contact; say: (words: string) => void }) {
  const [code, setCode] = useState("");
  const verify = useVerify(one);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (code.trim() === "" || verify.isPending) return;
    verify.mutate(code.trim(), {
      onSuccess: ({ outcome }) => say(OUTCOMES[outcome]),
      onError: (error) => say(`${problemWords(error).title}: ${problemWords(error).detail}`),
    });
  };
  return (
    <form onSubmit={submit}>
      <input
        aria-label={`Code for ${one.contact} of ${one.person}`}
        placeholder="Code"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <button type="submit" className="button" disabled={verify.isPending}>
        Verify
      </button>
    </form>
  );
}
