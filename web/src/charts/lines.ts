// What a chart is made of, and the room its axes take.

export type Line = {
  label: string;
  values: readonly (number | null)[];
  colour: "accent" | "bad" | "warn" | "ok" | "faint" | "none";
  filled?: boolean;
  tagged?: boolean;
};
export type Threshold = { at: number; label: string };
export const AXIS = { left: 46, bottom: 21, top: 8 } as const;
