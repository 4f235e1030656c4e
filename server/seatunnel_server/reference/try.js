// Swagger UI on the document that this server obeys; every request goes to this server.
"use strict";

const place = document.getElementById("try");

// What Swagger UI leaves without a name gets one, whenever it is shown.
new MutationObserver(() => {
  for (const choice of place.querySelectorAll("select:not([aria-label])")) {
    choice.ariaLabel = choice.className.includes("content-type") ? "Media type" : "Choice";
  }
  for (const text of place.querySelectorAll("textarea:not([aria-label])")) {
    text.ariaLabel = "Body of the request";
  }
  for (const block of place.querySelectorAll("pre:not([tabindex]), .example:not([tabindex])")) {
    block.tabIndex = 0;
  }
}).observe(place, { childList: true, subtree: true });

fetch("openapi.json")
  .then((answer) => answer.json())
  .then((spec) => {
    const root = location.pathname.replace(/\/_reference\/.*$/, "");
    spec.servers = [{ url: root || "/", description: "This server" }];
    SwaggerUIBundle({
      spec,
      domNode: place,
      deepLinking: false,
      defaultModelsExpandDepth: -1,
      docExpansion: "list",
      tryItOutEnabled: true,
      validatorUrl: null,
    });
  });
