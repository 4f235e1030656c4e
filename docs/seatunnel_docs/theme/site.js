// Makes horizontally scrolling blocks reachable by keyboard, says so, and labels the sidebar.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer").setAttribute("aria-label", "Site");
  for (const block of document.querySelectorAll(".highlight pre, .table-wrapper")) {
    if (block.scrollWidth > block.clientWidth) {
      block.tabIndex = 0;
      if (block.matches(".wide")) {
        const hint = Object.assign(document.createElement("p"), { className: "where more-columns", textContent: "More columns →" });
        block.before(hint);
      }
    }
  }
});
