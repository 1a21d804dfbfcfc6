/**
 * What the gallery of explained cells does in the browser: filter, order, strength of the colours, outlines. Plain
 * JavaScript for every browser in use; without it, the page shows all cells.
 */
export const GALLERY_SCRIPT = `
"use strict";
const form = document.querySelector(".controls");
const gallery = document.querySelector(".gallery");
const cells = [...gallery.children];
const chosen = (name) => form.elements[name].value;
const probability = (cell) => Number(cell.dataset.probability);
const ranks = {
  falling: (cell) => -probability(cell),
  rising: probability,
  unsure: (cell) => Math.abs(probability(cell) - Number(form.dataset.threshold)),
};

function isShown(cell) {
  const wanted = chosen("show");
  if (wanted === "all") return true;
  return wanted === "wrong" ? "wrong" in cell.dataset : cell.dataset.call === wanted;
}

function filter() {
  let shown = 0;
  for (const cell of cells) {
    cell.hidden = !isShown(cell);
    if (!cell.hidden) shown++;
  }
  form.querySelector("output").value = shown + " of " + cells.length + " cells";
}

function order() {
  const rank = ranks[chosen("order")];
  gallery.append(...cells.slice().sort((one, other) => rank(one) - rank(other)));
}

function tint() {
  gallery.style.setProperty("--strength", chosen("strength") / 100);
}

function outline() {
  const box = form.elements.outlines;
  gallery.classList.toggle("without-outlines", box !== undefined && !box.checked);
}

const effects = { show: filter, order, strength: tint, outlines: outline };
form.addEventListener("input", ({ target }) => effects[target.name]());
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
// A browser that comes back to the page has kept what was chosen.
for (const effect of Object.values(effects)) effect();
`;
