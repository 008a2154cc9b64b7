import { Menu } from "@mantine/core";

type Props<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; words: string }[];
  shown?: string;
  /** Whether what is chosen hides something. */
  narrows?: boolean;
  onPick: (value: Value) => void;
};

/** A choice in the bar: what it is about in grey, what is chosen in ink. */
export function Picker<Value extends string>({
  label,
  value,
  options,
  shown,
  narrows,
  onPick,
}: Props<Value>) {
  const words = shown ?? options.find((option) => option.value === value)?.words ?? value;
  const pick = (picked: string) => {
    const option = options.find((each) => each.value === picked);
    if (option) onPick(option.value);
  };
  return (
    <Menu
      alignItemsLabels="none"
      position="bottom-end"
      shadow="none"
      offset={4}
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <button type="button" className={`button${narrows ? " button-narrows" : ""}`}>
          {label} <b>{words}</b>
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>
        <Menu.RadioGroup value={value} onChange={pick}>
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
