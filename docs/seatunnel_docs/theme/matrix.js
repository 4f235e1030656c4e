// Filters the table of releases and clauses, names its cells, and shows a report of the reader as a column. Sends nothing.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("matrix");
  if (!table) return;
  const find = (id) => document.getElementById(id);
  const head = [...table.tHead.rows[1].cells];
  const rows = [...table.tBodies[0].rows];
  const names = rows.map((row) => row.cells[0].textContent.trim());

  // Most links are left out of the page, because they follow from the column of a run, or are those of the cell before.
  const runs = head.map((column) => column.querySelector("a[href^='#']")?.hash.slice(1));
  rows.forEach((row, at) => [...row.cells].forEach((cell, place) => {
    if (cell.firstElementChild || cell.matches(".there, .run")) return;
    const before = row.cells[place - 1].firstElementChild;
    const href = runs[place] ? `${runs[place]}.html#${names[at]}` : before.getAttribute("href");
    cell.replaceChildren(Object.assign(document.createElement("a"), { href, textContent: cell.textContent.trim() }));
  }));

  function show() {
    const words = find("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = find("only").value;
    let count = 0;
    rows.forEach((row, at) => {
      const fits =
        (!find("level").value || row.dataset.level === find("level").value) &&
        (!find("tag").value || row.dataset.tag === find("tag").value) &&
        words.every((word) => names[at].includes(word) || row.dataset.tag.includes(word)) &&
        (!only || (only === "changes" ? "changes" in row.dataset : row.querySelector(`td.${only}`) !== null));
      row.hidden = !fits;
      count += fits;
    });
    find("shown").textContent = `${count} of ${rows.length} clauses`;
  }

  for (const field of document.querySelectorAll(".filters input, .filters select")) field.addEventListener("input", show);
  show();

  table.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td");
    if (cell && !cell.title && cell.parentNode.parentNode === table.tBodies[0]) {
      const column = head[cell.cellIndex];
      cell.title = `${cell.parentNode.cells[0].textContent.trim()}, ${column.textContent.trim()}: ${cell.textContent.trim()}`;
    }
  });

  const order = ["fail", "known deviation", "inconclusive", "pass", "stale", "skipped", "not scored"];
  const words = { "known deviation": "fail", stale: "pass", skipped: "not run", "not scored": "not run" };

  // The worst outcome of each clause, by the id of the clause.
  function outcomes(text) {
    const found = new Map();
    let header = null;
    for (const line of text.split("\n").filter((one) => one.trim())) {
      const event = JSON.parse(line);
      if (event.event === "run-started") header = event;
      if (event.event !== "check-finished") continue;
      const [clause, kind] = event.id.split(", ");
      if (kind !== undefined && kind !== "random histories") continue;
      const before = found.get(clause);
      if (!before || order.indexOf(event.verdict) < order.indexOf(before.verdict)) found.set(clause, event);
    }
    if (!header) throw new Error("it does not begin with the start of a run");
    return [header, found];
  }

  function cellFor(outcome) {
    const cell = document.createElement("td");
    const word = outcome ? words[outcome.verdict] || outcome.verdict : "not run";
    cell.className = word.split(" ").pop();
    if (!outcome) {
      cell.textContent = word;
      return cell;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.addEventListener("click", () => detail(outcome));
    cell.append(button);
    return cell;
  }

  function detail(outcome) {
    const box = find("detail");
    const part = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    box.replaceChildren(
      part("h3", `${outcome.id}: ${outcome.verdict}`),
      part("p", outcome.text),
      ...(outcome.reason ? [part("p", outcome.reason)] : []),
      ...outcome.findings.flatMap((one) => [part("pre", one.summary), part("pre", one.detail), part("pre", one.curl)]),
      part("pre", outcome.only),
    );
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  async function add(file) {
    try {
      const [header, found] = outcomes(await file.text());
      const column = document.createElement("th");
      column.scope = "col";
      column.textContent = file.name.replace(/\.ndjson$/, "");
      table.tHead.rows[1].append(column);
      head.push(column);
      const group = find("runs") || table.tHead.rows[0].lastElementChild;
      group.colSpan += 1;
      rows.forEach((row, at) => row.append(cellFor(found.get(names[at]))));
      find("added").textContent = `${file.name}: ${header.release}, ${found.size} clauses`;
      column.scrollIntoView({ block: "nearest", inline: "end" });
      show();
    } catch (problem) {
      find("added").textContent = `${file.name} is not the report of a run: ${problem.message}`;
    }
  }

  find("report").addEventListener("change", (event) => [...event.target.files].forEach(add));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    [...event.dataTransfer.files].forEach(add);
  });
});
