// The keyboard and a few comforts; every page works without this file.
"use strict";

const rows = () => [...document.querySelectorAll("[data-row]")];
const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

function step(by) {
  const all = rows();
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[now < 0 && by < 0 ? all.length - 1 : now + by];
  if (!next) return false;
  next.querySelector("[data-open]").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// "/" searches, arrows or j and k walk through the rows, "a" adds; Enter opens, for the name
// of a row is a link. Arrows scroll the page until a row is entered, from the search or by j.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("[data-search]") && event.key === "ArrowDown") {
    if (step(1)) event.preventDefault();
    return;
  }
  if (typing(event.target)) return;
  const row = document.activeElement.closest("[data-row]");
  let done = false;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { search.focus(); search.select(); done = true; }
  } else if (event.key === "j" || (event.key === "ArrowDown" && row)) {
    done = step(1);
  } else if (event.key === "k" || (event.key === "ArrowUp" && row)) {
    done = step(-1);
  } else if (event.key === "a") {
    const button = (row || document.querySelector(".stock"))?.querySelector("[data-add]");
    if (button) { button.click(); done = true; }
  }
  if (done) event.preventDefault();
});

// An address says what was asked for and nothing else: empty fields stay out of it.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  for (const field of event.target.elements) {
    if (field.name && !field.value) field.disabled = true;
  }
});

const onPhone = () => matchMedia("(max-width: 40rem)").matches;
const openSheets = () => document.querySelectorAll("[data-sheet][open]");

// A sheet closes on Escape and, on a phone, on a touch beside it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const sheet of openSheets()) { sheet.open = false; sheet.firstElementChild.focus(); }
});
document.addEventListener("click", (event) => {
  if (!onPhone()) return;
  for (const sheet of openSheets()) if (!sheet.contains(event.target)) sheet.open = false;
});

// The button that was pressed is replaced; the keyboard stays where it was.
document.addEventListener("htmx:afterSwap", (event) => {
  const button = event.target.querySelector?.("button");
  if (event.target.matches(".watch") && document.activeElement === document.body) button?.focus();
});

// A request in place that failed says so, where its message would have stood.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, () => {
    const words = document.querySelector("#failed").content.cloneNode(true);
    document.querySelector("#messages").replaceChildren(words);
  });
}
