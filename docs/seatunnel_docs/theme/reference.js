// Renders the document in this page, and links each operation to its clauses and evidence.
"use strict";

const document_ = JSON.parse(document.getElementById("document").textContent);
for (const item of Object.values(document_.paths)) {
  for (const operation of Object.values(item)) {
    if (operation.operationId) {
      operation.externalDocs = {
        description: "Clauses, evidence and recorded exchanges",
        url: `../operations/${operation.operationId}.html`,
      };
    }
  }
}

const switcher = document.getElementById("release");
switcher.addEventListener("change", () => {
  location.href = switcher.value + location.hash;
});

showReference(document_, document.getElementById("reference"));
