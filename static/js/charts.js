// Crosshair and tooltip of line charts. Places are set through the CSSOM, which a strict
// style-src allows; events are delegated, so that charts swapped in by htmx work too.
"use strict";

(() => {
  const parsed = new WeakMap();

  function dataOf(figure) {
    if (!parsed.has(figure)) {
      const block = figure.querySelector('script[type="application/json"]');
      parsed.set(figure, block ? JSON.parse(block.textContent) : null);
    }
    return parsed.get(figure);
  }

  // The points are sorted by x.
  function nearest(points, x) {
    let low = 0;
    let high = points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < x) low = middle;
      else high = middle;
    }
    return x - points[low][0] < points[high][0] - x ? points[low] : points[high];
  }

  function write(value) {
    return value.toLocaleString("en", { maximumSignificantDigits: 5 });
  }

  function fillTip(tip, data, x) {
    const head = document.createElement("span");
    head.className = "faint";
    head.textContent = `${data.label} ${write(x)}`;
    const rows = data.series.map((series) => {
      const row = document.createElement("span");
      row.className = `key k${series.colour}`;
      const value = document.createElement("b");
      value.textContent = write(nearest(series.p, x)[1]);
      row.append(series.n, value);
      return row;
    });
    tip.replaceChildren(head, ...rows);
    tip.hidden = false;
  }

  function placeTip(tip, figure, event) {
    const box = figure.getBoundingClientRect();
    const left = event.clientX - box.left;
    const gap = 14;
    const x = left > box.width / 2 ? left - tip.offsetWidth - gap : left + gap;
    const y = Math.max(30, event.clientY - box.top - 20);
    tip.style.transform = `translate(${x}px, ${y}px)`;
  }

  function leave(figure) {
    figure.removeAttribute("data-active");
    const tip = figure.querySelector(".tip");
    if (tip) tip.hidden = true;
  }

  let active = null;

  document.addEventListener("pointermove", (event) => {
    const figure = event.target.closest?.(".chart[data-chart=line]") ?? null;
    if (active && active !== figure) leave(active);
    active = figure;
    const data = figure && dataOf(figure);
    if (!data || data.series.every((series) => series.p.length === 0)) return;
    const area = figure.querySelector(".data").getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    if (!(share >= 0 && share <= 1)) {
      leave(figure);
      return;
    }
    const [first, last] = data.x;
    const coloured = data.series.map((series, index) => ({
      ...series,
      colour: index + data.colour,
    }));
    const shown = { ...data, series: coloured.filter((series) => series.p.length) };
    const [x] = nearest(shown.series[0].p, first + share * (last - first));
    const at = last === first ? 0 : ((x - first) / (last - first)) * 100;
    const cross = figure.querySelector(".cross");
    cross.setAttribute("x1", `${at}%`);
    cross.setAttribute("x2", `${at}%`);
    figure.setAttribute("data-active", "");
    const tip = figure.querySelector(".tip");
    fillTip(tip, shown, x);
    placeTip(tip, figure, event);
  });

  document.documentElement.addEventListener("pointerleave", () => {
    if (active) leave(active);
  });
})();
