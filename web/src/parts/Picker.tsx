import { Menu } from "@mantine/core";

type Option = { value: string; words: string };
type Props = { label: string; value: string; options: readonly Option[]; shown?: string; onPick: (value: string) => void };

/** A choice in the bar: what it is about in grey, what is chosen in ink. */
export function Picker({ label, value, options, shown, onPick }: Props) {
  const words = shown ?? options.find((option) => option.value === value)?.words ?? value;
  return (
    <Menu alignItemsLabels="none" position="bottom-end" shadow="none" offset={4} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <button type="button" className="button">
          {label} <b>{words}</b>
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>
        <Menu.RadioGroup value={value} onChange={onPick}>
          {options.map((option) => (
            <Menu.RadioItem key={option.value} value={option.value} checkIcon={<></>} closeMenuOnClick>
              {option.words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
