/** The shop's basket: as much of a shop as a demo of a chat needs. */

const count = document.getElementById("count");
let pieces = 0;

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    pieces += 1;
    if (count) count.textContent = String(pieces);
  });
}
