import { Modal } from "@mantine/core";
import { ROOMS } from "./rooms";

const KEYS: ReadonlyArray<readonly [string, string]> = [
  ["Ctrl K", "Go to a service, objective, incident, trace or page, or do something here"],
  ["/", "Filter this list, or search the objectives"],
  ["j  k", "Next and previous row; the arrow keys do the same"],
  ["Enter", "Open the row"],
  ...ROOMS.flatMap(({ rooms }) =>
    rooms.map((room) => [`g  ${room.key}`, `Go to ${room.name.toLowerCase()}`] as const),
  ),
  ["t", "Choose a time"],
  ["[  ]", "Step back and on by the length of the range"],
  ["-", "Twice as long"],
  ["0", "Up to now, as long as it is"],
  ["x  c", "Traces: select the row, compare the two selected"],
  ["h  r", "A trace: fold mesh hops, fold repeats"],
  ["↑  ↓  ←  →", "Map: from node to node; Tab walks along the edges, from the worst on"],
  ["f", "Fit the map"],
  ["v", "Map or table"],
  ["Esc", "Leave the field, close the dialog or what is chosen, zoom back after drawing over a chart"],
  ["?", "Show the keys"],
];

export function KeysDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keys"
      size={420}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <dl className="keys">
        {KEYS.map(([keys, meaning]) => (
          <div key={keys} style={{ display: "contents" }}>
            <dt>
              {keys.split("  ").map((key) => (
                <kbd key={key} style={{ marginRight: 4 }}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
