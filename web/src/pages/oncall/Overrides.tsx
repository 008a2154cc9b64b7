import { Modal } from "@mantine/core";
import { useState } from "react";
import { useOverrides, useRemoveOverride } from "../../api/oncall";
import { problemWords } from "../../api/problems";
import type { OnCall, Override } from "../../api/types";
import { ActionButton } from "../../parts/ActionButton";
import { LineBones } from "../../parts/Bones";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import type { Permission } from "../../states/permissions";
import { count } from "../../words/counts";
import { until } from "../../words/moments";
import { Who } from "./Who";

const BONES = 3;

type Made = { of: OnCall; override: Override };
type Props = { items: readonly OnCall[]; people: readonly string[]; permission: Permission };

/** The overrides of the coming weeks, the next one first, each with the way to remove it. */
export function Overrides({ items, people, permission }: Props) {
  const found = useOverrides(items.map(({ schedule }) => schedule));
  const [removing, setRemoving] = useState<Made | null>(null);
  const failed = found.find(({ data, error }) => error && data === undefined);
  const made = items
    .flatMap((of, at) => (found[at]?.data?.items ?? []).map((override) => ({ of, override })))
    .sort((one, other) => Date.parse(one.override.start) - Date.parse(other.override.start));
  return (
    <Panel name="Overrides" of={`${count(made.length)} in the next 28 days`} id="overrides">
      {failed ? (
        <Quiet>
          {problemWords(failed.error).title}. {problemWords(failed.error).detail}
        </Quiet>
      ) : found.some(({ data }) => data === undefined) ? (
        <LineBones lines={BONES} />
      ) : made.length === 0 ? (
        <Quiet>No override. Select a shift above to put somebody else on it.</Quiet>
      ) : (
        <ul>
          {made.map((one) => (
            <li key={one.override.id} className="listed override">
              <Who person={one.override.person} people={people} />
              <span>
                <b>{one.override.person}</b> takes {one.of.display_name}
                <small>{wordsOf(one.override)}</small>
              </span>
              <ActionButton words="Remove…" permission={permission} onClick={() => setRemoving(one)} />
            </li>
          ))}
        </ul>
      )}
      {removing && <RemoveDialog made={removing} onClose={() => setRemoving(null)} />}
    </Panel>
  );
}

/** "Friday 08:00 to Friday 22:00, in place of payments-primary". */
function wordsOf({ start, end, instead_of: instead }: Override): string {
  return `${until(start)} to ${until(end)}, in place of ${instead ?? "everybody on call then"}`;
}

function RemoveDialog({ made: { of, override }, onClose }: { made: Made; onClose: () => void }) {
  const remove = useRemoveOverride();
  return (
    <Modal
      opened
      onClose={onClose}
      title="Remove this override?"
      size={460}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 0 }}
    >
      <p>
        {override.person} takes {of.display_name}, {wordsOf(override)}. Without it, whoever the rotation names
        is on call in that time.
      </p>
      {remove.error && (
        <p className="refused" role="alert">
          {problemWords(remove.error).title}: {problemWords(remove.error).detail}
        </p>
      )}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button
          type="button"
          className="button button-primary"
          data-autofocus
          disabled={remove.isPending}
          onClick={() => remove.mutate({ schedule: of.schedule, id: override.id }, { onSuccess: onClose })}
        >
          Remove
        </button>
      </div>
    </Modal>
  );
}
