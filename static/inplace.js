// Sorting, filtering and paging replace what they change: the next page is fetched whole, as the
// server keeps it for everybody, and this one becomes it. What goes wrong is left to the browser.
"use strict";

let going;
let shown = location.pathname + location.search;

// Where the keyboard is to go on: selectors, the best first.
function spotOf(link) {
  const column = /c-\w+/.exec(link.closest("thead th")?.className ?? "");
  if (column) return [`thead .${column[0]} a`];
  if (link.rel) return [`.pages a[rel="${link.rel}"]`, ".pages [aria-current]"];
  const place = link.closest(".pages, .chips, .sheet")?.classList[0];
  return [`main ${place ? `.${place}` : ""} a[href="${CSS.escape(link.getAttribute("href"))}"]`, "main"];
}

// Fields say what the page was asked for, but for the one that is being typed into.
function settleFields(typed) {
  const { value, selectionStart, selectionEnd } = typed ?? {};
  for (const form of document.querySelectorAll("main form")) form.reset();
  if (typed && typed.value !== value) typed.value = value;
  if (typed && selectionStart !== null) typed.setSelectionRange(selectionStart, selectionEnd);
}

// The browser scrolls back to where a page was before that page is there again.
function remember() {
  history.replaceState({ ...history.state, y: scrollY }, "");
}

async function go(address, { back = false } = {}) {
  going?.abort();
  going = new AbortController();
  const { signal } = going;
  let text;
  refresher.wait();
  try {
    const response = await fetch(address, { signal });
    if (!response.ok || response.redirected) throw new Error(`${response.status}`);
    text = await response.text();
  } catch {
    if (signal.aborted) return false;
    if (back) location.reload();
    else location.assign(address);
    return false;
  }
  if (signal.aborted) return false;
  if (!back) {
    remember();
    history.pushState({}, "", address);
  }
  shown = location.pathname + location.search;
  document.querySelector("#messages").replaceChildren();
  show(parsed(text));
  settleFields(!back && document.activeElement.matches("main :is([type=search], [type=text])") ? document.activeElement : null);
  refresher.asked = Date.now();
  refresher.forget();
  return true;
}

const own = (address) => address.origin === location.origin && address.pathname === location.pathname;

document.addEventListener("click", async (event) => {
  const link = event.target.closest("main a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const address = new URL(link.href);
  if (!own(address) || address.hash || link.target || link.hasAttribute("download")) return;
  event.preventDefault();
  const spot = spotOf(link);
  const paging = link.closest(".pages");
  if (!await go(address.pathname + address.search)) return;
  document.querySelector(spot.find((one) => document.querySelector(one)))?.focus({ preventScroll: true });
  if (paging) document.querySelector(".status").scrollIntoView({ block: "nearest" });
});

// Before the page's own listener, which takes empty fields out of the form: here it is not sent.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("main form") || form.method !== "get" || !own(new URL(form.action))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const asked = new URLSearchParams([...new FormData(form, event.submitter)].filter(([, value]) => value)).toString();
  if (!await go(location.pathname + (asked && `?${asked}`))) return;
  // On a phone a sheet stands before what was asked for.
  for (const sheet of onPhone() ? openSheets() : []) { sheet.open = false; sheet.firstElementChild.focus(); }
}, { capture: true });

addEventListener("popstate", async (event) => {
  if (location.pathname + location.search === shown) return;
  const { y } = event.state ?? {};
  if (await go(location.pathname + location.search, { back: true }) && y !== undefined) scrollTo({ top: y, behavior: "instant" });
});

addEventListener("scrollend", remember);
