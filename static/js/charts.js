// Crosshair and tooltip of line charts, by pointer and by keyboard. Places are set through the CSSOM, which a strict
// style-src allows; events are delegated, so that charts swapped in by htmx work too.
"use strict";

(() => {
  const parsed = new WeakMap();

  function dataOf(figure) {
    if (!parsed.has(figure)) {
      const points = figure.dataset.points;
      parsed.set(figure, points ? JSON.parse(points) : null);
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

  function placeTip(tip, figure, clientX, clientY) {
    const box = figure.getBoundingClientRect();
    const left = clientX - box.left;
    const gap = 14;
    const x = left > box.width / 2 ? left - tip.offsetWidth - gap : left + gap;
    const y = Math.max(30, clientY - box.top - 20);
    tip.style.transform = `translate(${x}px, ${y}px)`;
  }

  function leave(figure) {
    figure.removeAttribute("data-active");
    const tip = figure.querySelector(".tip");
    if (tip) tip.hidden = true;
  }

  // Shows what the lines have at an x, which is a point's; null: there is nothing.
  function shownOf(figure) {
    const data = figure && dataOf(figure);
    if (!data) return null;
    const series = data.series
      .map((one, index) => ({ ...one, colour: index + data.colour }))
      .filter((one) => one.p.length);
    return series.length ? { ...data, series } : null;
  }

  function show(figure, shown, x) {
    const [first, last] = shown.x;
    const at = last === first ? 0 : ((x - first) / (last - first)) * 100;
    const cross = figure.querySelector(".cross");
    cross.setAttribute("x1", `${at}%`);
    cross.setAttribute("x2", `${at}%`);
    figure.setAttribute("data-active", "");
    const tip = figure.querySelector(".tip");
    fillTip(tip, shown, x);
    return tip;
  }

  let active = null;

  document.addEventListener("pointermove", (event) => {
    const figure = event.target.closest?.(".chart[data-chart=line]") ?? null;
    if (active && active !== figure) leave(active);
    active = figure;
    const shown = shownOf(figure);
    if (!shown) return;
    const area = figure.querySelector(".data").getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    if (!(share >= 0 && share <= 1)) {
      leave(figure);
      return;
    }
    const [first, last] = shown.x;
    const [x] = nearest(shown.series[0].p, first + share * (last - first));
    placeTip(show(figure, shown, x), figure, event.clientX, event.clientY);
  });

  // By keyboard: from point to point of the first line; Home and End go to its ends.
  const places = new WeakMap();
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

  document.addEventListener("keydown", (event) => {
    const figure = event.target.closest?.(".chart[data-chart=line]");
    if (!figure || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") leave(figure);
    const shown = event.key in steps ? shownOf(figure) : null;
    if (!shown) return;
    event.preventDefault();
    const points = shown.series[0].p;
    const before = places.get(figure) ?? (steps[event.key] > 0 ? -1 : points.length);
    const place = Math.min(Math.max(before + steps[event.key], 0), points.length - 1);
    places.set(figure, place);
    const tip = show(figure, shown, points[place][0]);
    const cross = figure.querySelector(".cross").getBoundingClientRect();
    placeTip(tip, figure, cross.left, cross.top + cross.height / 2);
  });

  document.addEventListener("focusout", (event) => {
    const figure = event.target.closest?.(".chart[data-chart=line]");
    if (figure) leave(figure);
  });

  document.documentElement.addEventListener("pointerleave", () => {
    if (active) leave(active);
  });
})();
