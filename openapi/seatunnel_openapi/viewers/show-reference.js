// Redoc with this project's light and dark colours; used by the documentation and by the reference server.
"use strict";

function prefersDark() {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be unavailable; then the system's setting is used.
  }
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

// Renders an OpenAPI document into an element of the page.
function showReference(shown, place) {
  const isDark = prefersDark();
  document.documentElement.dataset.theme = isDark ? "dark" : "light";

  const ink = isDark ? "#e6e8eb" : "#1f2328";
  const soft = isDark ? "#b6bcc4" : "#4f5763";
  const tint = isDark ? "#1f232a" : "#f5f6f8";
  const link = isDark ? "#7db8ff" : "#0b57b0";
  const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

  // Make scrollable blocks reachable by keyboard, including those that Redoc adds later.
  new MutationObserver(() => {
    for (const block of place.querySelectorAll("pre:not([tabindex])")) {
      block.tabIndex = 0;
    }
  }).observe(place, { childList: true, subtree: true });

  Redoc.init(
    shown,
    {
      disableSearch: false,
      expandResponses: "200",
      hideDownloadButton: true,
      nativeScrollbars: true,
      scrollYOffset: ".bar",
      theme: {
        colors: {
          primary: { main: isDark ? "#2a63b8" : link },
          success: { main: isDark ? "#6fd08c" : "#11632f" },
          error: { main: isDark ? "#ff9b94" : "#a3160e" },
          warning: { main: isDark ? "#f0c36d" : "#7a4b00" },
          text: { primary: ink, secondary: soft },
          border: { dark: isDark ? "#3a3f48" : "#d0d5dc", light: isDark ? "#2a2e36" : "#e6e9ed" },
          responses: {
            success: { color: isDark ? "#6fd08c" : "#11632f", backgroundColor: isDark ? "#18281f" : "#edf7f0" },
            error: { color: isDark ? "#ff9b94" : "#a3160e", backgroundColor: isDark ? "#2d1b1b" : "#fdf0ef" },
          },
          http: { get: "#11632f", post: "#0b57b0", put: "#6b3fa0", delete: "#a3160e", patch: "#7a4b00", basic: "#4f5763" },
        },
        schema: { nestedBackground: tint, typeNameColor: soft, typeTitleColor: soft, requireLabelColor: isDark ? "#ff9b94" : "#a3160e" },
        typography: {
          fontSize: "15px",
          fontFamily: sans,
          headings: { fontFamily: sans },
          code: { fontFamily: mono, fontSize: "13px", color: isDark ? "#ffb4a8" : "#8f1d12", backgroundColor: tint },
          links: { color: link, visited: link, hover: link },
        },
        sidebar: { backgroundColor: tint, textColor: ink, activeTextColor: link },
        rightPanel: { backgroundColor: "#1b2027" },
        codeBlock: { backgroundColor: "#11151b" },
      },
    },
    place,
  );
}
