// Elements made by construction: a text is always text, never markup.

const TOASTS_MAX = 3;

export function h(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, to] of Object.entries(value)) made.style.setProperty(key, to);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...inside.flat(3).filter((one) => one != null && one !== false));
  return made;
}

const WORKED = "a, button, input, select, textarea";
const shown = new WeakMap();
const keyOf = (one) => one.id || [one.tagName, one.getAttribute("href"), one.getAttribute("aria-label"), one.textContent].join(" ");

// Puts what is new in its place; what is the same stays, and what had the focus has it again.
export function renew(place, anew, ...made) {
  const fresh = h("div", {}, made);
  const written = fresh.innerHTML;
  if (!anew && shown.get(place) === written) return false;
  shown.set(place, written);
  const key = place.contains(document.activeElement) && keyOf(document.activeElement);
  place.replaceChildren(...fresh.childNodes);
  if (!anew && key) [...place.querySelectorAll(WORKED)].find((one) => keyOf(one) === key)?.focus({ preventScroll: true });
  return true;
}

// A table of rows; each column is [heading, what stands in a row's cell, its class]. A narrow screen shows a row as lines.
export function table(columns, rows, none) {
  if (!rows.length) return h("p", { class: "none" }, none);
  const head = columns.map(([name, , kind]) => h("th", { class: kind, scope: "col" }, name));
  const body = rows.map((row) => h("tr", {}, columns.map(([name, cell, kind]) => h("td", { class: kind, "data-name": name }, cell(row)))));
  return h("div", { class: "scroll" }, h("table", { class: "list" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

// What a page is, on top of it, with what can be done.
export function head(title, ...tools) {
  return h("div", { class: "head" }, h("h1", {}, title), tools.length ? h("div", { class: "tools" }, tools) : null);
}

export function card(title, ...inside) {
  return h("section", { class: "card" }, title && h("h2", {}, title), inside);
}

// A button that can be pressed once until what it does is done.
export function button(words, act, kind = "") {
  const made = h("button", { type: "button", class: kind }, words);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try { await act(); } finally { made.disabled = false; }
  });
  return made;
}

export function state(word) {
  return h("span", { class: `state ${word}` }, word.replaceAll("_", " ").replace(":", ": "));
}

// Ask before something that cannot be taken back.
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const dialog = h("dialog", { oncancel: () => close(false) },
      h("p", {}, question),
      h("div", { class: "tools" },
        h("button", { type: "button", class: "main", onclick: () => close(true) }, yes),
        h("button", { type: "button", onclick: () => close(false) }, "Not now")));
    document.body.append(dialog);
    dialog.showModal();
  });
}

// A word that goes by itself; of many at once the newest are seen, errors before others. All stand under Notices.
export function toast(words, kind = "info") {
  const made = h("p", { class: `toast ${kind}` }, words);
  const place = document.getElementById("toasts");
  place.append(made);
  if (place.children.length > TOASTS_MAX) (place.querySelector(".toast:not(.bad)") ?? place.firstElementChild).remove();
  setTimeout(() => made.remove(), kind === "bad" ? 9000 : 5000);
}
