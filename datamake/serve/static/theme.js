// Light or dark as chosen here before, else as the system has it; and that there is script at all.
// Runs before anything is drawn.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const order = ["auto", "light", "dark"];
  let theme = "auto";
  try {
    const kept = localStorage.getItem("theme");
    theme = order.includes(kept) ? kept : "auto";
  } catch {
    theme = "auto"; // storage is switched off in this browser
  }

  const apply = () => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return;
    button.title = `Colours: ${theme}`;
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
  };

  apply();
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme")?.addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // Without storage the choice lasts as long as the page.
      }
      apply();
    });
  });
})();
