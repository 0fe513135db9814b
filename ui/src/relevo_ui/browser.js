// What only the browser can do for the page: speak its language, remember it, and remember light or dark.
(() => {
  const language = document.currentScript.dataset.language;
  document.documentElement.lang = language;
  // Gradio's own components ask here which language to speak.
  Object.defineProperty(navigator, "language", { get: () => language });
  const site = new URL("..", location).pathname;
  document.cookie = `relevo_language=${language}; path=${site}; max-age=31536000; samesite=lax`;

  // Gradio has dressed the page by now, after the system's taste or the address's.
  const remembered = localStorage.getItem("relevo_theme");
  if (remembered && !new URL(location).searchParams.has("__theme")) {
    document.body.classList.toggle("dark", remembered === "dark");
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme-switch")) return;
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem("relevo_theme", dark ? "dark" : "light");
  });
})();
