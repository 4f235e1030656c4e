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

showReference(document_, document.getElementById("reference"));
