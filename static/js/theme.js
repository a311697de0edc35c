// Light or dark before the first paint: a blocking script in <head>, so that no page flashes the wrong way.
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => {
    const choice = stored();
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (choice ?? "system")));
    }
    for (const group of document.querySelectorAll("[data-theme-switch]")) group.hidden = false;
  };
  apply();
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
    if (!choice) return;
    try {
      if (choice === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    } catch { root.dataset.theme = choice; return; }
    apply();
  });
  addEventListener("storage", (event) => { if (event.key === "theme") apply(); });
})();
