// Light or dark: the server reads the cookie and writes data-theme; the admin's pages
// come without it, so it is set here before they paint. Shared by our pages and the admin.
"use strict";

(() => {
  const root = document.documentElement;
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const stored = document.cookie.match(/(?:^|; )theme=(light|dark|auto)/);

  if (!root.dataset.theme) root.dataset.theme = stored ? stored[1] : "auto";

  // What equals the system's choice is stored as "auto", so that it follows the system.
  function toggle() {
    const { theme } = root.dataset;
    const isDark = theme === "dark" || (theme === "auto" && darkSystem.matches);
    const next = isDark ? "light" : "dark";
    root.dataset.theme = (next === "dark") === darkSystem.matches ? "auto" : next;
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggle();
  });
})();
