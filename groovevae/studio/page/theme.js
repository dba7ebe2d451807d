// Runs before anything is painted, so that no dark page flashes up for those who want a light one.
{
  let theme = null;
  try {
    theme = JSON.parse(localStorage.getItem("studio.theme"));
  } catch {
    // storage is forbidden: the system decides
  }
  document.documentElement.dataset.theme = theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
}
