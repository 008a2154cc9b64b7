// Nothing was sent from where one looks: says so, and leads out.

import type { ReactNode } from "react";
import { isLimited } from "../api/limits";
import { useStatus } from "../api/queries";
import type { paths } from "../api/schema";
import { useEnvironment } from "../app/environment";
import { listOf } from "../words/services";
import { Empty } from "./Notice";

/** `region` and `anyRegion` where the page is limited to a region too. */
export function NothingFrom({
  region = null,
  anyRegion,
}: {
  region?: string | null;
  anyRegion?: () => void;
}) {
  const [environment, choose] = useEnvironment();
  const others = (useStatus().data?.environments ?? []).filter((one) => one !== environment);
  const where = [environment, region && `region ${region}`].filter(Boolean).join(", ");
  return (
    <Empty
      title={`Nothing sent from ${where} in this range`}
      actions={
        <>
          {region && anyRegion && (
            <button type="button" className="button" onClick={anyRegion}>
              All regions
            </button>
          )}
          {environment && (
            <button type="button" className="button" onClick={() => choose(null)}>
              All environments
            </button>
          )}
        </>
      }
    >
      {environment && others.length > 0
        ? `Spans of the last hour came from ${listOf(others)}.`
        : "Choose a longer range, or look everywhere."}
    </Empty>
  );
}

/** What stands where nothing was sent at all; of a list limited to an environment, that nothing came from there. */
export function Unsent({ of, children }: { of: keyof paths; children: ReactNode }) {
  const [environment] = useEnvironment();
  return environment !== null && isLimited(of) ? <NothingFrom /> : children;
}
