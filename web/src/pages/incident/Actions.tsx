// What can be done about an incident: take it at once, end it after being asked once. One that is over takes notes only.

import { Modal } from "@mantine/core";
import { useState } from "react";
import { problemWords } from "../../api/problems";
import type { IncidentDetail, Session } from "../../api/types";
import { useAcknowledge, useResolve } from "../../api/writes";
import { usePhone } from "../../app/phone";
import { ActionButton } from "../../parts/ActionButton";
import { permittedToAcknowledge, permittedToResolve } from "../../states/permissions";

type Props = { incident: IncidentDetail; session: Session | undefined };

export function Actions({ incident, session }: Props) {
  const [asking, setAsking] = useState(false);
  const onPhone = usePhone();
  if (incident.state === "resolved") return null;
  return (
    <>
      {!onPhone && <Acknowledge incident={incident} session={session} />}
      <ActionButton
        words="Resolve…"
        permission={permittedToResolve(session, incident)}
        primary={incident.state === "acknowledged"}
        onClick={() => setAsking(true)}
      />
      <ResolveDialog incident={incident} opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}

/** On a phone, while nobody has it: wide and at the bottom, in reach of a thumb. */
export function ThumbAction({ incident, session }: Props) {
  const onPhone = usePhone();
  if (!onPhone || incident.state !== "open") return null;
  return (
    <div className="thumb-action">
      <Acknowledge incident={incident} session={session} />
    </div>
  );
}

function Acknowledge({ incident, session }: Props) {
  const acknowledge = useAcknowledge(incident.id);
  return (
    <>
      {acknowledge.error && (
        <span className="tone-bad" role="alert" style={{ alignSelf: "center" }}>
          {problemWords(acknowledge.error).title}: {problemWords(acknowledge.error).detail}
        </span>
      )}
      <ActionButton
        words="Acknowledge"
        permission={permittedToAcknowledge(session, incident)}
        busy={acknowledge.isPending}
        primary={incident.state === "open"}
        onClick={() => acknowledge.mutate(null)}
      />
    </>
  );
}

function alertsOf(incident: IncidentDetail): string {
  const names = [...new Set(incident.objectives.map((one) => `“${one.objective_display_name}”`))];
  return names.length > 1
    ? `The alerts on ${names.join(", ")} go on measuring: they are not silenced.`
    : `The alert on ${names.join()} goes on measuring: it is not silenced.`;
}

function ResolveDialog({
  incident,
  opened,
  onClose,
}: {
  incident: IncidentDetail;
  opened: boolean;
  onClose: () => void;
}) {
  const [note, setNote] = useState("");
  const resolve = useResolve(incident.id);
  const send = () => resolve.mutate(note.trim(), { onSuccess: onClose });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Resolve incident ${incident.id}?`}
      size={460}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 0 }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p style={{ marginBottom: 12 }}>
          The incident is resolved for everybody, and its timeline shows that you resolved it.{" "}
          {alertsOf(incident)}
        </p>
        <label className="field">
          <span>Cause and fix (optional, added to the timeline)</span>
          <textarea rows={3} value={note} onChange={(event) => setNote(event.target.value)} data-autofocus />
        </label>
        {resolve.error && (
          <p className="refused" role="alert">
            {problemWords(resolve.error).title}: {problemWords(resolve.error).detail}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Keep it open
          </button>
          <button type="submit" className="button button-primary" disabled={resolve.isPending}>
            Resolve
          </button>
        </div>
      </form>
    </Modal>
  );
}
