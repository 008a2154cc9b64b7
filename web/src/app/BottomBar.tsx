// The rooms on a phone: the few that matter at night in reach of a thumb, and all others one tap away.

import { Modal } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Status } from "../api/types";
import { alertsPath, incidentsPath, objectivesPath, servicesPath } from "../paths";
import { isShown, RailCount, RailFoot, Rooms } from "./Rail";

const NEAR = [
  { href: incidentsPath(), name: "Incidents" },
  { href: alertsPath(), name: "Alerts" },
  { href: objectivesPath(), name: "Objectives" },
  { href: servicesPath(), name: "Services" },
] as const;

type Props = { status: Status | undefined; onKeys: () => void };

export function BottomBar({ status, onKeys }: Props) {
  const [path] = useLocation();
  const [opened, setOpened] = useState(false);
  const isNear = NEAR.some(({ href }) => isShown(path, href));
  return (
    <nav className="bottom-bar" aria-label="Main">
      {NEAR.map(({ href, name }) => (
        <Link key={href} href={href} aria-current={isShown(path, href) ? "page" : undefined}>
          <span>{name}</span>
          <RailCount of={href} status={status} />
        </Link>
      ))}
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded={opened}
        className={isNear ? "" : "current"}
        onClick={() => setOpened(true)}
      >
        More…
      </button>
      <AllRooms status={status} onKeys={onKeys} opened={opened} onClose={() => setOpened(false)} />
    </nav>
  );
}

function AllRooms({ status, onKeys, opened, onClose }: Props & { opened: boolean; onClose: () => void }) {
  const thenKeys = () => {
    onClose();
    onKeys();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="All rooms"
      fullScreen
      className="all-rooms"
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 0 }}
    >
      <nav aria-label="All rooms">
        <Rooms status={status} onGo={onClose} />
      </nav>
      <RailFoot status={status} onKeys={thenKeys} />
    </Modal>
  );
}
