// Draws the chart of a stock's page in place of its line. The controls of the form are all the
// state there is; what differs from the usual stands after the # of the address.
"use strict";

const SECONDS = 86400;
const MONTHS = { "1m": 1, "3m": 3, "6m": 6, "1y": 12, "5y": 60 };
const MARGIN = 0.02;
const LONGEST_AVERAGE = 60;
const LANGUAGE = document.documentElement.lang;

const compact = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 2 });
const english = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function dayText(time) {
  const day = new Date(time * 1000);
  return LANGUAGE === "en" ? english.format(day) : day.toISOString().slice(0, 10);
}

function percentText(change) {
  const size = Math.abs(change).toFixed(2);
  return `${change > 0 ? "▲+" : change < 0 ? "▼−" : ""}${size}%`;
}

// The lists hold differences in whole units; see History.packed.
function unpack({ digits, ...lists }) {
  const unit = 10 ** digits;
  let day = 0;
  let before = 0;
  const days = lists.date.map((passed, place) => {
    const open = before + lists.open[place];
    const close = before + lists.close[place];
    const high = Math.max(open, close) + lists.high[place];
    const low = Math.min(open, close) - lists.low[place];
    day += passed;
    before = close;
    return { time: day * SECONDS, open: open / unit, high: high / unit, low: low / unit, close: close / unit, volume: lists.volume[place] };
  });
  return { symbol: lists.symbol, digits, days };
}

async function load(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status}`);
  return unpack(await response.json());
}

// Weeks begin on Monday, and 1970 began on a Thursday.
const PERIODS = {
  day: (time) => time,
  week: (time) => Math.floor((time / SECONDS + 3) / 7),
  month: (time) => new Date(time * 1000).toISOString().slice(0, 7),
};

function join(days, step) {
  const joined = [];
  let now;
  for (const day of days) {
    const period = PERIODS[step](day.time);
    const last = joined.at(-1);
    if (period !== now) {
      joined.push({ ...day });
    } else {
      last.time = day.time;
      last.high = Math.max(last.high, day.high);
      last.low = Math.min(last.low, day.low);
      last.close = day.close;
      if (day.volume !== null) last.volume += day.volume;
    }
    now = period;
  }
  return joined;
}

function average(days, length) {
  let sum = 0;
  const points = [];
  days.forEach((day, place) => {
    sum += day.close;
    if (place >= length) sum -= days[place - length].close;
    if (place >= length - 1) points.push({ time: day.time, value: sum / length });
  });
  return points;
}

// The other stock's last close on each of the days that are shown.
function beside(days, others) {
  const points = [];
  let next = 0;
  for (const { time } of days) {
    while (next < others.length && others[next].time <= time) next += 1;
    if (next) points.push({ time, value: others[next - 1].close });
  }
  return points;
}

// So many months earlier; a month without such a day has its last one.
function goBack(moment, months) {
  const day = moment.getUTCDate();
  moment.setUTCMonth(moment.getUTCMonth() - months);
  if (moment.getUTCDate() !== day) moment.setUTCDate(0);
}

function firstShown(days, range) {
  const last = new Date(days.at(-1).time * 1000);
  if (range === "all") return 0;
  if (range === "ytd") last.setUTCMonth(0, 1);
  else goBack(last, MONTHS[range]);
  return days.findIndex((day) => day.time * 1000 >= last.getTime());
}

// Canvas knows no custom properties, so an element is asked what each one comes to.
function palette(box) {
  const probe = box.appendChild(document.createElement("i"));
  const colours = {};
  for (const name of ["surface", "ink", "muted", "line", "accent", "up", "down", "ma5", "ma10", "ma20", "ma60"]) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

const faint = (colour) => colour.replace("rgb(", "rgba(").replace(")", ", 0.5)");

class Chart {
  constructor(box, data) {
    this.box = box;
    this.data = data;
    this.form = box.querySelector("form");
    this.plot = box.querySelector(".plot");
    this.place = this.plot.appendChild(document.createElement("div"));
    this.other = null;
    this.whole = false;
  }

  get chosen() {
    const form = new FormData(this.form);
    return { range: form.get("range"), step: form.get("step"), scale: form.get("scale"), ma: form.getAll("ma").map(Number) };
  }

  // Until somebody turns to it, the chart has the days it shows, and those that their averages
  // reach back to: all of them would keep a slow phone busy while its page loads.
  get joined() {
    const { range, step } = this.chosen;
    const { days } = this.data;
    if (this.whole || step !== "day") return join(days, step);
    return days.slice(Math.max(0, firstShown(days, range) - LONGEST_AVERAGE));
  }

  // Puts in the days before them; a finger may be on the chart already, so it is not drawn anew.
  complete() {
    if (this.whole) return;
    const kept = this.chart.timeScale().getVisibleRange();
    this.whole = true;
    this.days = this.joined;
    for (const [series, points] of this.filled) series.setData(points());
    this.markNote();
    this.chart.timeScale().setVisibleRange(kept);
    this.tell(this.days.length - 1);
  }

  // Shows the points that a function gives of the days there are.
  fill(series, points) {
    this.filled.push([series, points]);
    series.setData(points());
  }

  // Draws everything anew, which takes a few milliseconds, and shows the same time again.
  draw() {
    const kept = this.chart?.timeScale().getVisibleRange();
    this.chart?.remove();
    this.filled = [];
    const { scale, ma } = this.chosen;
    const colours = palette(this.box);
    this.days = this.joined;
    this.chart = this.makeChart(colours, scale);
    this.addCandles(colours);
    this.addVolume(colours);
    for (const length of ma) this.addLine(() => average(this.days, length), colours[`ma${length}`], 1);
    if (this.other) this.addLine(() => beside(this.days, this.other.days), colours.ink, 2, this.other.symbol);
    if (kept) this.chart.timeScale().setVisibleRange(kept);
    else this.showRange();
    this.walking = false;
    this.chart.subscribeCrosshairMove((moved) => this.follow(moved));
    this.tell(this.days.length - 1);
  }

  makeChart(colours, scale) {
    const { PriceScaleMode, createChart } = window.LightweightCharts;
    const mode = scale === "log" ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal;
    return createChart(this.place, {
      autoSize: true,
      layout: {
        attributionLogo: false,
        background: { color: colours.surface },
        textColor: colours.muted,
        fontFamily: getComputedStyle(this.box).fontFamily,
        panes: { separatorColor: colours.line, enableResize: false },
      },
      grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
      crosshair: { mode: 0, vertLine: { color: colours.muted }, horzLine: { color: colours.muted } },
      localization: { locale: LANGUAGE, timeFormatter: dayText },
      rightPriceScale: { mode: this.other ? PriceScaleMode.Percentage : mode, borderColor: colours.line },
      timeScale: { borderColor: colours.line, minBarSpacing: 0.02 },
      // A wheel or a finger moves the page; a wheel zooms once the chart has the focus.
      handleScroll: { vertTouchDrag: false, mouseWheel: false },
      handleScale: { mouseWheel: this.plot === document.activeElement },
    });
  }

  // Rising days are hollow, so that they differ from falling ones in more than the colour.
  addCandles(colours) {
    const { CandlestickSeries, createSeriesMarkers } = window.LightweightCharts;
    this.candles = this.chart.addSeries(CandlestickSeries, {
      upColor: colours.surface,
      downColor: colours.down,
      borderUpColor: colours.up,
      borderDownColor: colours.down,
      wickUpColor: colours.up,
      wickDownColor: colours.down,
      priceFormat: { type: "price", precision: this.data.digits, minMove: 10 ** -this.data.digits },
    });
    this.fill(this.candles, () => this.days);
    const { high, highLabel } = this.box.dataset;
    if (high) {
      this.candles.createPriceLine({ price: Number(high), color: colours.accent, lineStyle: 2, lineWidth: 1, title: highLabel });
    }
    this.marks = createSeriesMarkers(this.candles, []);
    this.markColour = colours.accent;
    this.markNote();
  }

  // Marks the day on which one began to watch the stock, once the chart reaches back to it.
  markNote() {
    const { added, note } = this.box.dataset;
    if (!added) return;
    const moment = Date.parse(added) / 1000;
    if (moment < this.days[0].time) return;
    const last = this.days.at(-1);
    const day = this.days.find(({ time }) => time >= moment) ?? last;
    // A mark later than all bars stands at the last one, and says its own day.
    const text = moment > last.time ? `${note} (${dayText(moment)})` : note;
    this.marks.setMarkers([{ time: day.time, position: "belowBar", shape: "arrowUp", color: this.markColour, text }]);
  }

  addVolume(colours) {
    if (this.days.every(({ volume }) => volume === null)) return;
    const bars = this.chart.addSeries(
      window.LightweightCharts.HistogramSeries,
      { priceFormat: { type: "custom", formatter: (value) => compact.format(value), minMove: 1 }, priceLineVisible: false, lastValueVisible: false },
      1,
    );
    this.fill(bars, () => this.days
      .filter(({ volume }) => volume !== null)
      .map(({ time, volume, open, close }) => ({ time, value: volume, color: faint(close < open ? colours.down : colours.up) })));
    // The prices' scale may be logarithmic, or in percent.
    bars.priceScale().applyOptions({ mode: window.LightweightCharts.PriceScaleMode.Normal });
    const [prices, volumes] = this.chart.panes();
    prices.setStretchFactor(4);
    volumes.setStretchFactor(1);
  }

  addLine(points, color, lineWidth, title = "") {
    const line = this.chart.addSeries(window.LightweightCharts.LineSeries, {
      color, lineWidth, title, priceLineVisible: false, lastValueVisible: Boolean(title), crosshairMarkerVisible: false,
    });
    this.fill(line, points);
  }

  showRange() {
    const from = firstShown(this.days, this.chosen.range);
    const to = this.days.length + (this.days.length - from) * MARGIN;
    this.chart.timeScale().setVisibleLogicalRange({ from: from - 0.5, to });
  }

  // Writes the values of a bar above the chart, where a screen reader finds them as well.
  tell(place) {
    this.at = Math.min(Math.max(place, 0), this.days.length - 1);
    const day = this.days[this.at];
    const before = this.days[this.at - 1];
    const change = before ? (day.close / before.close - 1) * 100 : null;
    const values = {
      date: dayText(day.time),
      volume: day.volume === null ? "–" : compact.format(day.volume),
      change: change === null ? "–" : percentText(change),
    };
    for (const name of ["open", "high", "low", "close"]) values[name] = day[name].toFixed(this.data.digits);
    for (const [name, text] of Object.entries(values)) this.value(name).textContent = text;
    this.value("change").className = change > 0 ? "up" : change < 0 ? "down" : "flat";
    this.tellOther(day.time);
    this.plot.setAttribute("aria-valuemax", this.days.length - 1);
    this.plot.setAttribute("aria-valuenow", this.at);
    this.plot.setAttribute("aria-valuetext", this.box.querySelector(".legend").innerText.replace(/\s+/g, " "));
  }

  tellOther(time) {
    const entry = this.value("other").parentElement;
    const day = this.other?.days.findLast((other) => other.time <= time);
    entry.hidden = !day;
    if (!day) return;
    entry.firstElementChild.textContent = this.other.symbol;
    entry.lastElementChild.textContent = day.close.toFixed(this.other.digits);
  }

  value(name) {
    return this.box.querySelector(`[data-value="${name}"]`);
  }

  move(place) {
    this.tell(place);
    const scale = this.chart.timeScale();
    const shown = scale.getVisibleLogicalRange();
    const off = Math.min(0, this.at - 1 - shown.from) || Math.max(0, this.at + 1 - shown.to);
    if (off) scale.setVisibleLogicalRange({ from: shown.from + off, to: shown.to + off });
    this.walking = true;
    this.mark();
  }

  mark() {
    const { time, close } = this.days[this.at];
    this.chart.setCrosshairPosition(close, time, this.candles);
  }

  // The library leaves the crosshair in its place while days move below it: a pointer is then on
  // another day, but the day that keys went to is still that day.
  follow({ logical, sourceEvent }) {
    if (sourceEvent || logical === undefined) this.walking = false;
    if (this.walking) this.mark();
    else this.tell(logical ?? this.days.length - 1);
  }

  zoom(by) {
    const scale = this.chart.timeScale();
    const { from, to } = scale.getVisibleLogicalRange();
    scale.setVisibleLogicalRange({ from: Math.min(to - (to - from) * by, to - 5), to });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.move(this.at - 1),
      ArrowDown: () => this.move(this.at - 1),
      ArrowRight: () => this.move(this.at + 1),
      ArrowUp: () => this.move(this.at + 1),
      PageUp: () => this.move(this.at - 20),
      PageDown: () => this.move(this.at + 20),
      Home: () => this.move(0),
      End: () => this.move(this.days.length - 1),
      "+": () => this.zoom(0.7),
      "=": () => this.zoom(0.7),
      "-": () => this.zoom(1.4),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
  }

  async compare() {
    const field = this.form.elements.with;
    const error = this.form.querySelector(".errors");
    const symbol = field.value.trim();
    error.hidden = true;
    this.other = null;
    try {
      if (symbol) this.other = await load(this.box.dataset.other.replace("SYMBOL", encodeURIComponent(symbol)));
      if (this.other && !this.other.days.length) throw new Error("no history");
      field.value = this.other?.symbol ?? "";
    } catch {
      this.other = null;
      error.hidden = false;
    }
    for (const choice of this.form.querySelectorAll("[name=scale]")) choice.disabled = Boolean(this.other);
    this.draw();
    this.keep();
  }

  // Puts into the address what differs from the usual, and takes it out of it.
  keep() {
    const { range, step, scale, ma } = this.chosen;
    const said = { range: range === "1y" ? "" : range, step: step === "day" ? "" : step, scale: scale === "log" ? scale : "", ma: ma.length === 4 ? "" : ma.join(" ") || "0", with: this.other?.symbol ?? "" };
    const hash = new URLSearchParams(Object.entries(said).filter(([, value]) => value)).toString();
    history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  restore() {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const name of ["range", "step", "scale"]) {
      for (const choice of this.form.querySelectorAll(`[name=${name}]`)) {
        if (choice.value === said.get(name)) choice.checked = true;
      }
    }
    if (said.has("ma")) {
      for (const choice of this.form.querySelectorAll("[name=ma]")) choice.checked = said.get("ma").split(" ").includes(choice.value);
    }
    this.form.elements.with.value = said.get("with") ?? "";
  }

  start() {
    this.form.querySelector("fieldset").disabled = false;
    this.restore();
    this.draw();
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.compare(); });
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "with") return;
      if (event.target.name === "range") this.showRange();
      else this.draw();
      this.keep();
    });
    for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-label": this.box.dataset.label, "aria-describedby": "history-words" })) {
      this.plot.setAttribute(name, value);
    }
    this.plot.addEventListener("keydown", (event) => this.key(event));
    for (const type of ["pointerenter", "focusin"]) this.box.addEventListener(type, () => this.complete());
    for (const type of ["focus", "blur"]) {
      this.plot.addEventListener(type, () => this.chart.applyOptions({ handleScale: { mouseWheel: type === "focus" } }));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme", "data-up"] });
    this.box.dataset.drawn = "";
    if (this.form.elements.with.value) this.compare();
  }
}

// When the data does not come, the line and the table stay.
for (const box of document.querySelectorAll("[data-chart]")) {
  load(box.dataset.chart).then((data) => new Chart(box, data).start(), () => {});
}
