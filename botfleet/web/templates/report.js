"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const mode = document.getElementById("mode");
  const current = () => root.dataset.mode || (dark.matches ? "dark" : "light");
  const name = () => { mode.textContent = current() === "dark" ? "Light" : "Dark"; };
  mode.hidden = false;
  mode.addEventListener("click", () => {
    root.dataset.mode = current() === "dark" ? "light" : "dark";
    name();
  });
  dark.addEventListener("change", name);
  name();

  const tip = document.getElementById("tip");
  const fill = (text) => {
    tip.replaceChildren(...text.split("\n").map((line, index) => {
      const row = document.createElement(index ? "div" : "b");
      row.append(...line.split("\t").map((part) => {
        const cell = document.createElement("span");
        cell.textContent = part;
        return cell;
      }));
      return row;
    }));
  };
  const place = (event) => {
    const box = tip.getBoundingClientRect();
    const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - box.width - 16 : event.clientX + 16;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, event.clientY - box.height - 12)}px`;
  };
  const follow = (event) => {
    const over = event.target.closest ? event.target.closest("[data-tip]") : null;
    tip.hidden = !over;
    if (!over) return;
    fill(over.dataset.tip);
    place(event);
  };
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerdown", follow);
  document.addEventListener("scroll", () => { tip.hidden = true; }, true);

  const value = (row, column) => {
    const cell = row.cells[column];
    const raw = cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
    return raw !== "" && !Number.isNaN(Number(raw)) ? Number(raw) : raw;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (a === "" || b === "") return (a === "") - (b === "");
    return String(a).localeCompare(String(b));
  };
  for (const table of document.querySelectorAll(".sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const sort = (column) => {
      const way = heads[column].ariaSort === "ascending" ? "descending" : "ascending";
      for (const head of heads) head.ariaSort = "none";
      heads[column].ariaSort = way;
      const sign = way === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => sign * compare(value(a, column), value(b, column)));
      table.tBodies[0].append(...rows);
    };
    heads.forEach((head, column) => {
      head.ariaSort = "none";
      head.tabIndex = 0;
      head.addEventListener("click", () => sort(column));
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(column); }
      });
    });
  }

  for (const drawing of document.querySelectorAll(".drawing")) {
    const frame = drawing.getBoundingClientRect();
    const way = [...drawing.querySelectorAll(".node.taken > rect")].map((box) => box.getBoundingClientRect());
    const middles = way.map((box) => box.left + box.width / 2 - frame.left);
    const middle = middles.reduce((sum, x) => sum + x, 0) / (middles.length || 1);
    drawing.scrollLeft = middle - frame.width / 2;
  }

  const orders = document.getElementById("orders");
  const tools = orders.querySelector(".tools");
  const [text, state, told] = [...tools.children];
  const rows = [...orders.querySelectorAll("tbody tr")];
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = (!state.value || row.dataset.state === state.value) && wanted.every((word) => words.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    told.textContent = shown === rows.length ? `${shown} orders` : `${shown} of ${rows.length}`;
  };
  tools.hidden = false;
  text.addEventListener("input", filter);
  state.addEventListener("change", filter);
})();
