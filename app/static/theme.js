// Marks the page as scripted; follows the system's light or dark setting for people who chose "auto"; runs before the first paint.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (!root.hasAttribute("data-theme-auto")) return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  dark.addEventListener("change", apply);
  apply();
})();
