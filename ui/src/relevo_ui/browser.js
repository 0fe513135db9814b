// What only the browser can do for the page: speak its language, remember it, and remember light or dark.
(() => {
  const language = document.currentScript.dataset.language;
  document.documentElement.lang = language;
  // Gradio's own components ask here which language to speak.
  Object.defineProperty(navigator, "language", { get: () => language });
  const site = new URL("..", location).pathname;
  document.cookie = `relevo_language=${language}; path=${site}; max-age=31536000; samesite=lax`;

  const remembered = localStorage.getItem("relevo_theme");
  const address = new URL(location);
  if (remembered && !address.searchParams.has("__theme")) {
    // The one way that Gradio has to be told before it draws.
    address.searchParams.set("__theme", remembered);
    history.replaceState(history.state, "", address);
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme-switch")) return;
    const theme = document.body.classList.toggle("dark") ? "dark" : "light";
    localStorage.setItem("relevo_theme", theme);
    const now = new URL(location);
    now.searchParams.set("__theme", theme);
    history.replaceState(history.state, "", now);
  });
})();
