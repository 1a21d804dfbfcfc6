// Before the first paint, so that a dark room never sees a white flash. design/theme.ts writes what is read here.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's own choice stands.
}
