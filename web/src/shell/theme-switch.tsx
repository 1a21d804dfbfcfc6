import { IconButton } from "../design/button.tsx";
import { HalfIcon, MoonIcon, SunIcon } from "../design/icons.tsx";
import { type Theme, useTheme } from "../design/theme.ts";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const WORDS: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const [theme, choose] = useTheme();
  const Sign = { system: HalfIcon, light: SunIcon, dark: MoonIcon }[theme];
  return (
    <IconButton name={`Colours: ${WORDS[theme]}. Change to ${WORDS[NEXT[theme]]}`} onClick={() => choose(NEXT[theme])}>
      <Sign />
    </IconButton>
  );
}
