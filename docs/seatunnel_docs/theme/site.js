// Makes scrolling blocks reachable by keyboard, says so, and labels the sidebar.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer").setAttribute("aria-label", "Site");
  for (const block of document.querySelectorAll(".highlight pre, pre.exchange, .table-wrapper")) {
    const wide = block.scrollWidth > block.clientWidth;
    if (wide || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
    if (wide && block.matches(".wide, .matrix")) {
      block.before(Object.assign(document.createElement("p"), { className: "where more-columns", textContent: "More columns →" }));
    }
  }
});
