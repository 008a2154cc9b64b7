import type { MantineColorScheme } from "@mantine/core";

/** The theme that comes after another, where one button goes through all. */
export const NEXT_SCHEME: Record<MantineColorScheme, MantineColorScheme> = {
  auto: "light",
  light: "dark",
  dark: "auto",
};
