// Draws the Mermaid diagrams. Without Mermaid beside it (`make tools` fetches it) they stay what they are: code.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof mermaid === "undefined") return;
  for (const code of document.querySelectorAll("code.language-mermaid")) {
    const picture = document.createElement("div");
    picture.className = "mermaid";
    picture.textContent = code.textContent;
    code.parentElement.replaceWith(picture);
  }
  mermaid.initialize({ startOnLoad: false });
  mermaid.run();
});
