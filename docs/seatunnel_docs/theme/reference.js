// Shows the document that stands in this page, and leads from each operation to what is proved of it.
"use strict";

const document_ = JSON.parse(document.getElementById("document").textContent);
for (const item of Object.values(document_.paths)) {
  for (const operation of Object.values(item)) {
    if (operation.operationId) {
      operation.externalDocs = {
        description: "What is proved of this operation, and recorded exchanges",
        url: `../operations/${operation.operationId}.html`,
      };
    }
  }
}

const switcher = document.getElementById("release");
switcher.addEventListener("change", () => {
  location.href = switcher.value + location.hash;
});

// The site's own switch wins over the system's setting.
let chosen = null;
try {
  chosen = localStorage.getItem("theme");
} catch {
  // Storage may be forbidden; then the system decides.
}
const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.theme = isDark ? "dark" : "light";

const ink = isDark ? "#e6e8eb" : "#1f2328";
const soft = isDark ? "#b6bcc4" : "#4f5763";
const paper = isDark ? "#16181d" : "#ffffff";
const tint = isDark ? "#1f232a" : "#f5f6f8";
const link = isDark ? "#7db8ff" : "#0b57b0";
const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

const place = document.getElementById("reference");

// What scrolls can be reached by the keyboard, whenever Redoc shows it.
new MutationObserver(() => {
  for (const block of place.querySelectorAll("pre:not([tabindex])")) {
    block.tabIndex = 0;
  }
}).observe(place, { childList: true, subtree: true });

Redoc.init(
  document_,
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
