// Makes horizontally scrolling blocks reachable by keyboard, and labels the sidebar.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer").setAttribute("aria-label", "Site");
  for (const block of document.querySelectorAll(".highlight pre, .table-wrapper")) {
    if (block.scrollWidth > block.clientWidth) {
      block.tabIndex = 0;
    }
  }
});
