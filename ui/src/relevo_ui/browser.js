// What only the browser can do for the page: speak its language, remember it, and remember light or dark.
// `document.py` calls it before anything else of the document runs.
(language) => {
  // Gradio's own components ask here which language to speak.
  Object.defineProperty(navigator, "language", { get: () => language });
  const site = new URL("..", location).pathname;
  document.cookie = `relevo_language=${language}; path=${site}; max-age=31536000; samesite=lax`;

  const remembered = localStorage.getItem("relevo_theme");
  const address = new URL(location);
  if (remembered && !address.searchParams.has("__theme")) {
    // Where Gradio looks before it draws.
    address.searchParams.set("__theme", remembered);
    history.replaceState(history.state, "", address);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#theme-switch")) {
      const theme = document.body.classList.toggle("dark") ? "dark" : "light";
      localStorage.setItem("relevo_theme", theme);
      const here = new URL(location);
      here.searchParams.set("__theme", theme);
      history.replaceState(history.state, "", here);
    }
    const copy = event.target.closest?.("button.copy");
    if (copy) copied(copy.closest(".request").querySelector("pre")).then(() => said(copy));
  });

  async function copied(element) {
    if (navigator.clipboard) return navigator.clipboard.writeText(element.textContent);
    // Only addresses with https, and localhost, have a clipboard.
    getSelection().selectAllChildren(element);
    document.execCommand("copy");
  }

  function said(button) {
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = before), 2000);
  }
}
