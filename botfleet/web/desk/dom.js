// Elements made by construction: a text is always text, never markup.

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

// A table of rows; each column is [heading, what stands in a row's cell, its class].
export function table(columns, rows, none) {
  if (!rows.length) return h("p", { class: "none" }, none);
  const head = columns.map(([name, , kind]) => h("th", { class: kind, scope: "col" }, name));
  const body = rows.map((row) => h("tr", {}, columns.map(([, cell, kind]) => h("td", { class: kind }, cell(row)))));
  return h("div", { class: "scroll" }, h("table", { class: "list" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
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

export function toast(words, kind = "info") {
  const made = h("p", { class: `toast ${kind}` }, words);
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), kind === "bad" ? 9000 : 5000);
}
