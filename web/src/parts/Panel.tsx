import { type ReactNode, useId } from "react";
import { meaningOf } from "../words/terms";

type Props = { name: string; of?: string | undefined; aside?: ReactNode; children: ReactNode; id?: string };

/** A named panel; `of` continues the name in grey ("of the 28 days before each moment"). */
export function Panel({ name, of, aside, children, id }: Props) {
  const heading = useId();
  return (
    <section className="panel" aria-labelledby={heading} id={id}>
      <div className="panel-body">
        <div className="panel-head">
          <h2 id={heading} title={meaningOf(name)}>
            {name}
            {of && <span> · {of}</span>}
          </h2>
          {aside && <div className="panel-aside">{aside}</div>}
        </div>
        {children}
      </div>
    </section>
  );
}

/** A panel that is a table from edge to edge. */
export function TablePanel({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={label}>
      {children}
    </section>
  );
}
