// Light or dark: the system's choice until the button says otherwise.

import { icon } from "./dom.js";

const KEY = "theme";

export function themeButton(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (stored() ?? (system.matches ? "dark" : "light")) === "dark";
  const apply = () => {
    document.documentElement.dataset.theme = stored() ?? "";
    button.replaceChildren(icon(dark() ? "sun" : "moon"));
    const label = dark() ? "Switch to light mode" : "Switch to dark mode";
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    store(dark() ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

// A browser may forbid storage; then the choice lasts as long as the page.
let remembered = null;

function stored() {
  try {
    return localStorage.getItem(KEY) ?? remembered;
  } catch {
    return remembered;
  }
}

function store(theme) {
  remembered = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See `remembered`.
  }
}
