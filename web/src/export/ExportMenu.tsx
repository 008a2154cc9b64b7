// The same figures elsewhere: as curl, as a command, as a picture, as CSV; and of a table, which columns it shows.

import { Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { SESSION } from "../api/queries";
import type { Session } from "../api/types";
import { useCompleteUntil } from "../app/Freshness";
import { type Drawn, drawnIn } from "../charts/drawn";
import { pictureOf } from "../charts/picture";
import { csvFile, download, fileOf } from "../parts/csv";
import { count } from "../words/counts";
import { commandOf } from "./commands";
import { footOf } from "./foot";
import { curlOf } from "./shell";

type Props = {
  label: string;
  /** The read that brought the figures; none where they were not read alone. */
  address: string | null;
  rows: readonly unknown[] | null;
  /** What else the menu has, below. */
  children?: ReactNode;
};
type Chart = { figure: HTMLElement; drawn: Drawn };

const COPIED_MILLISECONDS = 1_600;

export function ExportMenu({ label, address, rows, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [chart, setChart] = useState<Chart | null>(null);
  const [done, say] = useDone();
  const look = () => setChart(drawnIn(button.current?.closest(".panel") ?? null));
  return (
    <Menu
      alignItemsLabels="none"
      position="bottom-end"
      shadow="none"
      offset={4}
      onOpen={look}
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <button
          ref={button}
          type="button"
          className="export"
          aria-label={`${children ? "Columns and export" : "Export"}: ${label}`}
          title={children ? "Columns and export" : "Export"}
        >
          <span aria-hidden="true">{done ? "✓" : "⋯"}</span>
          <span role="status" className="hidden-words">
            {done}
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label={`Export: ${label}`}>
        <Texts address={address} say={say} />
        {chart && <Picture label={label} {...chart} />}
        <Csv label={label} rows={chart?.drawn.rows() ?? rows} />
        {children}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What was done, for a moment. */
function useDone(): [string, (words: string) => void] {
  const [done, setDone] = useState("");
  const say = (words: string) => {
    setDone(words);
    setTimeout(() => setDone(""), COPIED_MILLISECONDS);
  };
  return [done, say];
}

function Texts({ address, say }: { address: string | null; say: (words: string) => void }) {
  const queries = useQueryClient();
  if (address === null) return null;
  const needsToken = queries.getQueryData<Session>(SESSION)?.token_required ?? false;
  const command = commandOf(address);
  const copy = async (text: string) => say((await isCopied(text)) ? "Copied" : "");
  return (
    <>
      <Menu.Item onClick={() => void copy(curlOf(address, needsToken))}>Copy as curl</Menu.Item>
      {command !== null && <Menu.Item onClick={() => void copy(command)}>Copy as command</Menu.Item>}
    </>
  );
}

/** Where a page may not copy, the text is shown to be copied by hand. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    prompt("Copy this", text);
    return false;
  }
}

function Picture({ label, figure, drawn }: Chart & { label: string }) {
  const until = useCompleteUntil();
  const title = figure.closest(".panel")?.querySelector("h2")?.textContent ?? label;
  const save = async () => {
    const picture = await pictureOf(figure, drawn, { title, foot: footOf(drawn.ends, until, location.host) });
    download(fileOf(label, "png"), picture);
  };
  return <Menu.Item onClick={() => void save()}>Save as PNG</Menu.Item>;
}

function Csv({ label, rows }: { label: string; rows: readonly unknown[] | null }) {
  if (rows === null || rows.length === 0) return null;
  return (
    <Menu.Item
      title={`All fields of ${count(rows.length)} rows, as sorted and filtered`}
      onClick={() => download(fileOf(label), csvFile(rows))}
    >
      Save as CSV
    </Menu.Item>
  );
}
