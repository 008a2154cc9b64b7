// The rooms of the rail, and the letter after `g` that goes there. A room appears when there is something in it.

type Room = { href: string; name: string; key: string };

export const ROOMS: ReadonlyArray<{ group: string; rooms: readonly Room[] }> = [
  {
    group: "Watch",
    rooms: [
      { href: "/objectives", name: "Objectives", key: "o" },
      { href: "/map", name: "Map", key: "m" },
      { href: "/services", name: "Services", key: "s" },
      { href: "/traces", name: "Traces", key: "t" },
      { href: "/logs", name: "Logs", key: "l" },
      { href: "/metrics", name: "Metrics", key: "e" },
    ],
  },
  { group: "Respond", rooms: [{ href: "/incidents", name: "Incidents", key: "i" }] },
  {
    group: "Change",
    rooms: [
      { href: "/changes", name: "Changes", key: "c" },
      { href: "/catalog", name: "Catalog", key: "k" },
    ],
  },
];
