import { Modal } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { problemWords } from "../api/problems";
import type { NewChange } from "../api/types";
import { useAddChange } from "../api/writes";
import { capital } from "../words/counts";

const KINDS: ReadonlyArray<NewChange["kind"]> = ["deploy", "config", "flag", "scale", "other"];
const BLANK = { kind: "deploy" as NewChange["kind"], service: "", version: "", summary: "" };

/** Records a change by hand: for what no pipeline recorded. */
export function AddChange({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [draft, setDraft] = useState(BLANK);
  const add = useAddChange();
  const put = (part: Partial<typeof BLANK>) => setDraft((before) => ({ ...before, ...part }));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const done = () => {
      setDraft(BLANK);
      onClose();
    };
    add.mutate(changeOf(draft), { onSuccess: done });
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Record a change"
      size={460}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 0 }}
    >
      <form onSubmit={send}>
        <label className="field">
          <span>Kind</span>
          <select
            value={draft.kind}
            onChange={(event) => put({ kind: event.target.value as NewChange["kind"] })}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {capital(kind)}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Service (empty: all)</span>
          <input
            value={draft.service}
            placeholder="payment"
            onChange={(event) => put({ service: event.target.value })}
          />
        </label>
        <label className="field">
          <span>Version (optional)</span>
          <input
            value={draft.version}
            placeholder="v2.31"
            onChange={(event) => put({ version: event.target.value })}
          />
        </label>
        <label className="field">
          <span>Summary</span>
          <input
            required
            data-autofocus
            value={draft.summary}
            onChange={(event) => put({ summary: event.target.value })}
          />
        </label>
        {add.error && (
          <p className="refused" role="alert">
            {problemWords(add.error).title}: {problemWords(add.error).detail}
          </p>
        )}
        <p className="muted">
          The change is recorded with the current time and your name, and marked on the charts.
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" disabled={add.isPending}>
            Record
          </button>
        </div>
      </form>
    </Modal>
  );
}

function changeOf(draft: typeof BLANK): NewChange {
  const service = draft.service.trim();
  const version = draft.version.trim();
  return {
    kind: draft.kind,
    summary: draft.summary.trim(),
    ...(service ? { service } : {}),
    ...(version ? { version } : {}),
  };
}
