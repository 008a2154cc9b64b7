import { type ReactNode, use, useId, useMemo, useState } from "react";
import { FiguresContext, HolderContext } from "../export/context";
import { ExportMenu } from "../export/ExportMenu";
import { addressOf, listIn } from "../export/figures";
import { meaningOf } from "../words/terms";

type Props = {
  name: string;
  of?: string | undefined;
  aside?: ReactNode;
  children: ReactNode;
  id?: string;
  /** The answer it shows, where that is neither the one within it nor the one around it. */
  figures?: unknown;
};

/** A named panel; `of` continues the name in grey ("of the 28 days before each moment"). */
export function Panel({ name, of, aside, children, id, figures }: Props) {
  const heading = useId();
  const around = use(FiguresContext);
  const [within, setWithin] = useState<unknown>();
  const [rows, setRows] = useState<readonly unknown[] | null>(null);
  const holder = useMemo(() => ({ figures: setWithin, rows: setRows }), []);
  const own = figures ?? within;
  const address = addressOf(own === undefined ? around : own);
  return (
    <HolderContext value={holder}>
      <section className="panel" aria-labelledby={heading} id={id}>
        <div className="panel-body">
          <div className="panel-head">
            <h2 id={heading} title={meaningOf(name)}>
              {name}
              {of && <span> · {of}</span>}
            </h2>
            {aside && <div className="panel-aside">{aside}</div>}
            {address !== null && <ExportMenu label={name} address={address} rows={rows ?? listIn(own)} />}
          </div>
          {children}
        </div>
      </section>
    </HolderContext>
  );
}
