// Shows the document that this server obeys.
"use strict";

fetch("openapi.json")
  .then((answer) => answer.json())
  .then((shown) => showReference(shown, document.getElementById("reference")));
