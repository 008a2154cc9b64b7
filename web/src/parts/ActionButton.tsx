import { Tooltip } from "@mantine/core";
import { useId } from "react";
import type { Permission } from "../states/permissions";

type Props = {
  words: string;
  permission: Permission;
  onClick: () => void;
  primary?: boolean;
  busy?: boolean;
};

/** An action where the need arises; what may not be done stays visible, disabled, with its reason. */
export function ActionButton({ words, permission, onClick, primary, busy }: Props) {
  const reason = useId();
  if (permission.allowed) {
    return (
      <button
        type="button"
        className={`button${primary ? " button-primary" : ""}`}
        onClick={onClick}
        disabled={busy}
      >
        {words}
      </button>
    );
  }
  return (
    <Tooltip
      label={permission.reason}
      events={{ hover: true, focus: true, touch: true }}
      transitionProps={{ duration: 0 }}
    >
      <button type="button" className="button" aria-disabled="true" aria-describedby={reason}>
        {words}
        <span id={reason} className="hidden-words">
          {permission.reason}
        </span>
      </button>
    </Tooltip>
  );
}
