import {
  alertsPath,
  catalogPath,
  changesPath,
  incidentsPath,
  logsPath,
  mapPath,
  metricsPath,
  objectivesPath,
  oncallPath,
  servicesPath,
  tracesPath,
} from "../paths";
// The rooms of the rail, and the letter after `g` that goes there. A room appears when there is something in it.

type Room = { href: string; name: string; key: string };

export const ROOMS: ReadonlyArray<{ group: string; rooms: readonly Room[] }> = [
  {
    group: "Watch",
    rooms: [
      { href: objectivesPath(), name: "Objectives", key: "o" },
      { href: mapPath(), name: "Map", key: "m" },
      { href: servicesPath(), name: "Services", key: "s" },
      { href: tracesPath(), name: "Traces", key: "t" },
      { href: logsPath(), name: "Logs", key: "l" },
      { href: metricsPath(), name: "Metrics", key: "e" },
    ],
  },
  {
    group: "Respond",
    rooms: [
      { href: incidentsPath(), name: "Incidents", key: "i" },
      { href: alertsPath(), name: "Alerts", key: "a" },
      { href: oncallPath(), name: "On-call", key: "d" },
    ],
  },
  {
    group: "Change",
    rooms: [
      { href: changesPath(), name: "Changes", key: "c" },
      { href: catalogPath(), name: "Catalog", key: "k" },
    ],
  },
];
