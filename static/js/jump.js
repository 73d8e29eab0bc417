// The search box as a combobox (WAI-ARIA Authoring Practices, "list autocomplete"): htmx
// fills the list, the keys move in it. Without this file the box just searches. Events are
// delegated, as htmx replaces the whole body when one goes back.
"use strict";

(() => {
  const find = (selector) => document.querySelector(selector);
  const options = () => [...document.querySelectorAll("#jump [role=option]")];
  const isBox = (target) => target.matches?.("[data-search]") ?? false;

  // Said here and not in the page, as it is only true with this file.
  function prepare() {
    const box = find("[data-search]");
    if (!box) return;
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-haspopup", "listbox");
    box.setAttribute("aria-expanded", "false");
  }

  function activate(option) {
    const box = find("[data-search]");
    for (const other of options()) {
      other.setAttribute("aria-selected", String(other === option));
    }
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function show(isShown) {
    const box = find("[data-search]");
    const panel = find("#jump");
    const count = isShown ? options().length : 0;
    panel.hidden = !isShown || panel.childElementCount === 0;
    box.setAttribute("aria-expanded", String(count > 0));
    if (count > 0) box.setAttribute("aria-controls", "jump-list");
    else box.removeAttribute("aria-controls");
    const words = count === 1 ? "1 suggestion" : `${count || "No"} suggestions`;
    find("#jump-status").textContent = panel.hidden ? "" : words;
    activate(null);
  }

  function move(step) {
    const all = options();
    if (all.length === 0) return;
    if (find("#jump").hidden) show(true);
    const here = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    // There is one more place than there are options: the box itself.
    const places = all.length + 1;
    const next = (here + 1 + step + places) % places;
    activate(next === 0 ? null : all[next - 1]);
  }

  document.addEventListener("keydown", (event) => {
    if (!isBox(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOpen = !find("#jump").hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && isOpen) {
      const chosen = find("#jump [aria-selected=true]");
      if (!chosen) return; // the form searches
      event.preventDefault();
      chosen.click();
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault(); // the first one closes the list, the next empties the box
      show(false);
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    // What arrives after the box was left is too late.
    if (event.target.id === "jump") show(isBox(document.activeElement));
  });

  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("#jump")) event.preventDefault(); // the box keeps the focus
  });

  document.addEventListener("focusout", (event) => {
    if (isBox(event.target)) show(false);
  });

  document.addEventListener("focusin", (event) => {
    if (isBox(event.target) && event.target.value.trim()) show(true);
  });

  document.addEventListener("htmx:historyRestore", prepare);
  prepare();
})();
