// Keeps an open page up to date: asks for it again, which the server mostly answers with 304, and
// changes what differs. static/inplace.js shows another page of the same table by the same means.
"use strict";

const LONGEST_PAUSE = 300;
const FLASHING = "td:not(.c-place, .c-watch), dd:not(.meaning), .quote > *, .moves strong";
// What scripts have filled or fill is theirs.
const LEFT_ALONE = "#messages, .histogram, [data-chart]";

const page = document.documentElement;

// Two nodes with the same key are the same thing, as it was and as it is.
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  const said = ["id", "data-row", "data-key", "rel", "name", "hx-get"].map((name) => node.getAttribute(name));
  const column = node.matches("td, th") && /c-\w+/.exec(node.className);
  const box = node.matches("[type=checkbox]") && node.value;
  const drawn = node.ownerSVGElement && node.getAttribute("href");
  return [node.localName, ...said, column, box, drawn].join(" ");
}

// Elements stay what they are, so that focus, fields, open details and htmx stay with them.
function become(old, fresh, changes) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.isEqualNode(fresh) || old.matches(LEFT_ALONE)) return;
  // After a removal in place the button also undoes it, which a new page does not know.
  if (old.matches(".watch:has(button)") && old.textContent.trim() === fresh.textContent.trim()) return;
  const before = old.matches(FLASHING) ? old.textContent.trim() : null;
  becomeAttributes(old, fresh);
  becomeChildren(old, fresh, changes);
  const after = old.textContent.trim();
  if (before !== null && before !== after) changes.push([old, before, after]);
}

function becomeAttributes(old, fresh) {
  const kept = (name) => name === "open" && old.matches("details");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !kept(name)) old.setAttribute(name, value);
  }
}

function becomeChildren(old, fresh, changes) {
  const there = Map.groupBy(old.childNodes, keyOf);
  const pairs = [...fresh.childNodes].map((child) => [there.get(keyOf(child))?.shift(), child]);
  for (const gone of [...there.values()].flat()) gone.remove();
  let place = old.firstChild;
  for (const [same, child] of pairs) {
    const node = same ?? document.importNode(child, true);
    if (node === place) place = place.nextSibling;
    else if (same && old.moveBefore) old.moveBefore(node, place);
    else old.insertBefore(node, place);
    if (same) become(same, child, changes);
    else if (node.nodeType === Node.ELEMENT_NODE && node.matches("tr")) changes.push([node, "", ""]);
  }
}

// Makes this page the one of a document, and returns [element, text before, text now] of changes.
function show(fresh) {
  const changes = [];
  const focused = document.activeElement;
  document.title = fresh.title;
  page.dataset.refresh = fresh.documentElement.dataset.refresh ?? "";
  const [said, address] = [document, fresh].map((one) => one.querySelector("link[rel=canonical]"));
  if (said && address) said.setAttribute("href", address.getAttribute("href"));
  for (const part of ["header.site", "main"]) become(document.querySelector(part), fresh.querySelector(part), changes);
  const told = fresh.querySelector("#messages");
  if (told.children.length) document.querySelector("#messages").replaceChildren(...told.childNodes);
  window.htmx?.process(document.querySelector("main"));
  if (focused.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  return changes;
}

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

// The number a text tells, and its unit: 9,900万 is no more than 1.2亿.
function amount(text) {
  const [digits] = /[−-]?[\d,]+(\.\d+)?/.exec(text) ?? [""];
  return { number: Number(digits.replace("−", "-").replaceAll(",", "")), unit: text.replace(digits, "").replace(/[▲▼+]/, "") };
}

function flash([element, before, after]) {
  const [was, is] = [before, after].map(amount);
  const compared = before && after && was.unit === is.unit ? Math.sign(is.number - was.number) : 0;
  element.classList.remove("rise", "fall");
  element.classList.add("flash");
  if (compared) element.classList.add(compared > 0 ? "rise" : "fall");
}

document.addEventListener("animationend", ({ target, animationName }) => {
  if (animationName === "flash") target.classList.remove("flash", "rise", "fall");
});

// The keyboard is in a row that the new page no longer has, or a button's request is on its way.
function busy(fresh) {
  const row = document.activeElement.closest("[data-row]")?.dataset.row;
  return Boolean(row && !fresh.querySelector(`[data-row="${row}"]`)) || Boolean(document.querySelector(".htmx-request"));
}

const refresher = {
  asked: Date.now(),
  etag: null,
  failures: 0,
  stopped: false,

  get pause() {
    return Math.min(Number(page.dataset.refresh) * 2 ** this.failures, LONGEST_PAUSE) * 1000;
  },

  // Waits for what is left of the pause; what was asked before counts no longer.
  wait() {
    clearTimeout(this.timer);
    this.request?.abort();
    if (this.stopped || !this.pause || document.visibilityState !== "visible") return;
    this.timer = setTimeout(() => this.ask(), Math.max(0, this.asked + this.pause - Date.now()));
  },

  async ask() {
    this.asked = Date.now();
    this.request = new AbortController();
    const { signal } = this.request;
    try {
      await this.look(signal);
      this.failures = 0;
    } catch {
      if (signal.aborted) return;
      this.failures += 1;
    }
    this.wait();
  },

  // The page of one person is made for that person. Whether there is anything new for it, the
  // server tells everyone alike, at the cost of a page that it keeps.
  async look(signal) {
    const by = page.dataset.refreshBy;
    const version = by ? await this.fetched(by, { credentials: "omit", signal }) : null;
    const known = version?.headers.get("ETag") ?? await version?.text();
    if (this.stopped || (known && known === this.version)) return;
    // The address in its canonical form is the one the server keeps a page for.
    const address = document.querySelector("link[rel=canonical]")?.href ?? location.pathname + location.search;
    const response = await this.fetched(address, { signal });
    if (this.stopped) return;
    const etag = response.headers.get("ETag");
    if (!etag || etag !== this.etag) {
      const fresh = parsed(await response.text());
      if (signal.aborted || busy(fresh)) return;
      show(fresh).forEach(flash);
    }
    this.etag = etag;
    this.version = known;
  },

  async fetched(address, options) {
    const response = await fetch(address, { cache: "no-cache", ...options });
    this.stopped = response.redirected || (response.status >= 400 && response.status < 500);
    if (!response.ok && !this.stopped) throw new Error(`${response.status}`);
    return response;
  },

  // Looks at the page itself next time, whatever the version.
  forget() {
    this.etag = this.version = null;
    this.wait();
  },
};

document.addEventListener("visibilitychange", () => refresher.forget());
addEventListener("pageshow", (event) => { if (event.persisted) refresher.forget(); });
// A page from before a button was pressed would take its effect back.
for (const name of ["htmx:beforeRequest", "htmx:afterRequest"]) document.addEventListener(name, () => refresher.forget());
refresher.wait();
