// The menu of a table, at the right of its head: its figures elsewhere, its columns, how near its rows are.

import { Menu } from "@mantine/core";
import { type ReactNode, use } from "react";
import { FiguresContext } from "../export/context";
import { ExportMenu } from "../export/ExportMenu";
import { addressOf } from "../export/figures";
import { type Density, type TableView, turned } from "./tableView";

type Props = {
  label: string;
  rows: readonly unknown[];
  /** The answer it shows, where that is not the one around it. */
  figures?: unknown;
  /** Whether its label is drawn on a phone. */
  titled?: boolean;
  /** What sorts it where its heads do not. */
  sorts?: ReactNode;
  children?: ReactNode;
};

/** The figures of a table elsewhere: as sorted and filtered. */
export function TableMenu({ label, rows, figures, titled = false, sorts, children }: Props) {
  const around = use(FiguresContext);
  const address = addressOf(figures ?? around);
  return (
    <div className="table-menu">
      {titled && (
        <b className="table-title" aria-hidden="true">
          {label}
        </b>
      )}
      {sorts}
      <ExportMenu label={label} address={address} rows={rows}>
        {children}
      </ExportMenu>
    </div>
  );
}

type ViewProps = {
  columns: readonly { key: string; words: string }[];
  view: TableView;
  onView: (view: TableView) => void;
  /** False where rows have one height. */
  dense?: boolean;
};

const DENSITIES: readonly { value: Density; words: string }[] = [
  { value: "comfortable", words: "Comfortable rows" },
  { value: "compact", words: "Compact rows" },
];

function Densities({ view, onView }: Pick<ViewProps, "view" | "onView">) {
  const pick = (value: string) => {
    const found = DENSITIES.find((one) => one.value === value);
    if (found) onView({ ...view, density: found.value });
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Label>Rows</Menu.Label>
      <Menu.RadioGroup value={view.density} onChange={pick}>
        {DENSITIES.map(({ value, words }) => (
          <Menu.RadioItem key={value} value={value} checkIcon={<></>} closeMenuOnClick={false}>
            <Check isChosen={view.density === value} /> {words}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

/** The first column names the row, so it stays. */
export function ViewItems({ columns, view, onView, dense = true }: ViewProps) {
  return (
    <>
      {dense && <Densities view={view} onView={onView} />}
      <Menu.Divider />
      <Menu.Label>Columns</Menu.Label>
      {columns.slice(1).map(({ key, words }) => (
        <Menu.CheckboxItem
          key={key}
          checked={!view.hidden.includes(key)}
          onChange={() => onView(turned(view, key))}
          checkIcon={<></>}
        >
          <Check isChosen={!view.hidden.includes(key)} /> {words}
        </Menu.CheckboxItem>
      ))}
    </>
  );
}

function Check({ isChosen }: { isChosen: boolean }) {
  return (
    <span className="menu-check" aria-hidden="true">
      {isChosen ? "✓" : ""}
    </span>
  );
}
