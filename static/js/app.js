// What makes the pages quicker to use. Each of them works without this file.
"use strict";

(() => {
  const root = document.documentElement;

  function isTyping(target) {
    return target.closest("input, select, textarea, [contenteditable]") !== null;
  }

  // --- keys: "/" searches, "j" and "k" walk through a list; a page may name others --

  function walkList(step) {
    const links = [...document.querySelectorAll("[data-keys] a.row-title")];
    if (links.length === 0) return;
    const here = links.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step;
    links[Math.max(0, Math.min(links.length - 1, next))].focus();
  }

  // A link is followed; anything else is reached, and never pressed.
  function useKey(event) {
    const target = document.querySelector(`[aria-keyshortcuts="${event.key}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("a")) target.click();
    else target.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") closeMenus(null);
    if (isTyping(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j") {
      walkList(1);
    } else if (event.key === "k") {
      walkList(-1);
    } else if (/^[a-z]$/.test(event.key)) {
      useKey(event);
    }
  });

  // Enter in a filter leaves it, so that the keys walk through what was found.
  document.addEventListener("submit", (event) => {
    const field = document.activeElement;
    if (event.target.matches(".filter-bar") && field.matches("input")) field.blur();
  });

  // --- menus: a click elsewhere or Escape closes them ------------------------------

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu === except) continue;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
  });

  // --- select to compare: the button waits for enough checked boxes ----------------

  function updateSelection(form) {
    const boxes = [...form.elements].filter((element) => element.type === "checkbox");
    const count = boxes.filter((box) => box.checked).length;
    const least = Number(form.dataset.selectMin ?? 1);
    const most = Number(form.dataset.selectMax ?? Infinity);
    for (const button of form.elements) {
      if ("selectSubmit" in button.dataset)
        button.disabled = count < least || count > most;
    }
    for (const box of boxes) box.disabled = !box.checked && count >= most;
    for (const output of document.querySelectorAll("[data-select-count]")) {
      const owner = output.closest("form") ?? output.closest("button")?.form;
      if (owner === form) output.textContent = count ? String(count) : "";
    }
  }

  function updateSelections() {
    document.querySelectorAll("form[data-select-form]").forEach(updateSelection);
  }

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && "selectForm" in form.dataset) updateSelection(form);
  });

  // --- whole groups of boxes: what is narrower than another box of the group is left out

  function boxesOf(group) {
    const boxes = [...group.querySelectorAll("input:not([data-group-all])")];
    const scope = group.closest("form").elements.namedItem("model_name");
    const isOfOneModel = Boolean(scope?.value);
    const isMeant = ({ dataset }) =>
      !("narrow" in dataset || (isOfOneModel && "registryWide" in dataset));
    return [boxes, boxes.filter(isMeant)];
  }

  function updateGroup(group) {
    const [boxes, meant] = boxesOf(group);
    const all = group.querySelector("[data-group-all]");
    const chosen = boxes.filter((box) => box.checked);
    all.checked = chosen.length === meant.length && meant.every((box) => box.checked);
    all.indeterminate = chosen.length > 0 && !all.checked;
  }

  document.addEventListener("change", (event) => {
    const group = event.target.closest("[data-group]");
    if (!group) return;
    if ("groupAll" in event.target.dataset) {
      const [boxes, meant] = boxesOf(group);
      const isOn = event.target.checked;
      for (const box of boxes) box.checked = isOn && meant.includes(box);
    }
    updateGroup(group);
  });

  document.querySelectorAll("[data-group]").forEach(updateGroup);

  // --- fields that are checked while one types: the field itself says so as well -----

  document.addEventListener("htmx:afterSwap", (event) => {
    const check = event.target.closest(".field-check");
    const field = check?.parentElement.querySelector("input");
    if (field) field.ariaInvalid = check.querySelector(".errorlist") ? "true" : "false";
  });

  // --- copy buttons ----------------------------------------------------------------

  async function copy(button) {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      toast("Copied.", "ok");
    } catch {
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      toast("Selected; press Ctrl+C to copy.", "info");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  // --- toasts ------------------------------------------------------------------------

  const TOAST_MILLISECONDS = 6000;

  function toast(text, tone) {
    const box = document.getElementById("toasts");
    if (!box) return;
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.tone = tone;
    const words = document.createElement("div");
    words.textContent = text;
    notice.append(words);
    box.append(notice);
    setTimeout(() => notice.remove(), TOAST_MILLISECONDS);
  }

  document.addEventListener("toast", (event) => {
    toast(event.detail.text, event.detail.tone ?? "info");
  });

  // --- htmx: show that something is under way, and when it went wrong ----------------

  let waiting = 0;

  function countWaiting(step) {
    waiting = Math.max(0, waiting + step);
    root.toggleAttribute("data-busy", waiting > 0);
  }

  // A sign-in in another tab gives the browser another token than the page has.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    if (!token) return;
    detail.headers["x-csrftoken"] = token;
    delete detail.parameters.csrfmiddlewaretoken;
  });
  document.addEventListener("htmx:beforeSend", () => countWaiting(1));
  document.addEventListener("htmx:afterRequest", () => countWaiting(-1));
  document.addEventListener("htmx:afterSettle", updateSelections);
  document.addEventListener("htmx:sendError", () => {
    toast("The server did not answer. Try again in a moment.", "bad");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    // Signed out meanwhile, or somebody else in: the server says what to do, and what
    // was typed stays.
    if (status === 401 || status === 409) toast(responseText, "bad");
    else if (status === 403)
      toast("You may not do this, or the form has expired.", "bad");
    else if (status === 404) toast("That is no longer there.", "bad");
    else toast("The server could not do that. Load the page again.", "bad");
  });

  // --- the answer to a form: what stands in the others stays, and so does the focus ---

  let sent = null;

  const isTyped = (field) => field.value !== field.defaultValue;

  // A page that renews itself waits until what was typed is sent, or taken back.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const renews = event.detail.elt.hasAttribute("data-renews");
    const fields = [...document.querySelectorAll("textarea")];
    if (renews && fields.some(isTyped)) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, shouldSwap, target } = event.detail;
    const form = requestConfig.elt;
    if (!shouldSwap || requestConfig.verb !== "post" || !form.matches("form")) return;
    const fields = [...target.querySelectorAll("textarea[id]")];
    sent = {
      target: target.id,
      action: form.getAttribute("action"),
      place: [...form.elements].indexOf(document.activeElement),
      others: fields
        .filter((field) => field.form !== form && isTyped(field))
        .map(({ id, value }) => ({ id, value })),
    };
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (sent === null) return;
    const { target, action, place, others } = sent;
    sent = null;
    for (const { id, value } of others) {
      const field = document.getElementById(id);
      if (field && !isTyped(field)) field.value = value;
      if (!field) giveBack(value, target);
    }
    if (place < 0 || document.activeElement !== document.body) return;
    const form = [...document.forms].find(
      (one) => one.getAttribute("action") === action,
    );
    // Not the button where something was refused: Enter, held down or pressed twice,
    // would send again what nobody has looked at.
    const refusal = form?.querySelector("[role=alert]:not(:empty)");
    if (refusal) refusal.tabIndex = -1;
    const field = form?.querySelector("[aria-invalid=true]");
    (field ?? refusal ?? form?.elements[place])?.focus();
  });

  // What was typed into a form that is not there any more.
  function giveBack(value, target) {
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.tone = "warn";
    notice.style.whiteSpace = "pre-wrap";
    notice.setAttribute("role", "status");
    notice.textContent = `This can no longer be sent. You wrote: ${value}`;
    document.getElementById(target)?.prepend(notice);
  }

  document.addEventListener("keydown", (event) => {
    const isHeld = event.repeat && event.key === "Enter";
    if (isHeld && event.target.closest("button")) event.preventDefault();
  });

  updateSelections();
})();
