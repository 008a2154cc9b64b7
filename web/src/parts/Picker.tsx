import { Menu } from "@mantine/core";

type Option = { value: string; words: string };
type Props = { label: string; value: string; options: readonly Option[]; shown?: string; onPick: (value: string) => void };

/** A choice in the bar: what it is about in grey, what is chosen in ink. */
export function Picker({ label, value, options, shown, onPick }: Props) {
  const words = shown ?? options.find((option) => option.value === value)?.words ?? value;
  return (
    <Menu position="bottom-end" shadow="none" offset={4} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <button type="button" className="button">
          {label} <b>{words}</b>
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>
        {options.map((option) => (
          <Menu.Item key={option.value} role="menuitemradio" aria-checked={option.value === value} onClick={() => onPick(option.value)}>
            {option.words}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
