// The environment switch of the bar: only where there is more than one, or the address names one.

import { Tooltip } from "@mantine/core";
import { useId } from "react";
import { isLimited } from "../api/limits";
import { useStatus } from "../api/queries";
import type { paths } from "../api/schema";
import { choicesOf, useEnvironment } from "../app/environment";
import { Picker } from "./Picker";

/** `of` is the read that makes the page's list. */
export function EnvironmentPicker({ of }: { of: keyof paths }) {
  const [environment, choose] = useEnvironment();
  const choices = choicesOf(useStatus().data?.environments ?? [], environment);
  if (choices.length === 0) return null;
  if (!isLimited(of)) return environment === null ? null : <All kept={environment} />;
  const named = choices.map((one) => ({ value: one, words: one }));
  return (
    <Picker
      label="Environment"
      value={environment ?? ""}
      shown={environment ?? "all"}
      options={[{ value: "", words: "All environments" }, ...named]}
      narrows={environment !== null}
      onPick={(picked) => choose(picked || null)}
    />
  );
}

/** A page that shows every environment says so, rather than seem to be limited. */
function All({ kept }: { kept: string }) {
  const reason = useId();
  const words = `This page shows all environments; ${kept} is kept for the pages that it limits.`;
  return (
    <Tooltip
      label={words}
      events={{ hover: true, focus: true, touch: true }}
      transitionProps={{ duration: 0 }}
    >
      <button type="button" className="button" aria-disabled="true" aria-describedby={reason}>
        Environment all
        <span id={reason} className="hidden-words">
          {words}
        </span>
      </button>
    </Tooltip>
  );
}
