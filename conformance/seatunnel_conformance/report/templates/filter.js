"use strict";
const filter = document.getElementById("filter");
const words = document.getElementById("words");
const found = document.getElementById("found");
const groups = [...document.querySelectorAll("details.group")];
const boxes = [...filter.querySelectorAll("input[type=checkbox]")];
const rows = groups.map((group) => [...group.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]));
const opened = groups.map((group) => group.open);

function show() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const active = wanted.length > 0 || verdicts.size < boxes.length;
  let count = 0;
  groups.forEach((group, number) => {
    let inside = 0;
    for (const [row, text] of rows[number]) {
      const fits = verdicts.has(row.dataset.verdict) && wanted.every((word) => text.includes(word));
      row.hidden = !fits;
      inside += fits;
    }
    group.hidden = inside === 0;
    group.open = active ? inside > 0 : opened[number];
    count += inside;
  });
  found.textContent = active ? `${count} ${count === 1 ? "check" : "checks"} shown` : "";
}

function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

filter.hidden = false;
filter.addEventListener("input", show);
filter.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", unfold);
unfold();
