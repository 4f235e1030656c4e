// Makes scrolling blocks reachable by keyboard, says so, and labels the sidebar; marks whole words of a search only.
"use strict";

// A page from disk may not fetch others for their summaries.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

function unmarkParts() {
  for (const mark of document.querySelectorAll(".highlighted")) {
    const around = [mark.previousSibling?.textContent.at(-1), mark.nextSibling?.textContent[0]];
    if (around.some((letter) => /\w/.test(letter ?? ""))) mark.replaceWith(...mark.childNodes);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  // Sphinx marks parts of words, too, 10 ms from here.
  setTimeout(unmarkParts, 20);
  document.querySelector(".sidebar-drawer").setAttribute("aria-label", "Site");
  for (const block of document.querySelectorAll(".highlight pre, pre.exchange, .table-wrapper")) {
    const wide = block.scrollWidth > block.clientWidth;
    if (wide || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
    if (wide && block.matches(".wide, .matrix")) {
      block.before(Object.assign(document.createElement("p"), { className: "where more-columns", textContent: "More columns →" }));
    }
  }
});
