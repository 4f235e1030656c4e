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
  for (let part = target; part; part = part.parentElement) if (part instanceof HTMLDetailsElement) part.open = true;
  if (target instanceof HTMLTableRowElement) target.scrollIntoView({ block: "center" });
}

function copied(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.before(button);
}

if (navigator.clipboard) document.querySelectorAll("pre.command").forEach(copied);

filter.hidden = false;
filter.addEventListener("input", show);
filter.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", unfold);
unfold();

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details.outcome:not([open])")];
  for (const part of closed) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
});
