// A form for whatever a schema allows: what must be said, what may be added, what it means.

// Each field's name is its control's label; of a field of several parts, the group's.

import { h } from "./dom.js";
import { isScalar } from "./schema.js";

const NUMBER = /^-?\d+(\.\d+)?$/;
const spaced = (name) => String(name).replaceAll("_", " ");

// Makes the form of `value`; `set` is told each new value. `pointer` is its place, as faults name it.
export function form(schema, given, value, set, pointer = "") {
  const read = schema.read(given);
  if (read.either?.every(isScalar)) return scalar({ type: "string", loose: true }, value, set, pointer);
  if (read.either) return choice(schema, read, value, set, pointer);
  if (read.enum) return choose(read.enum.map((one) => [one, spaced(one)]), value, set, pointer);
  if ("const" in read) return null;
  if (read.type === "object") return fields(schema, read, value, set, pointer);
  if (read.type === "array") return items(schema, read, value, set, pointer);
  if (read.type === "boolean") return h("input", { type: "checkbox", checked: value, "data-at": pointer, onchange: ({ target }) => set(target.checked) });
  return scalar(read, value, set, pointer);
}

function scalar(read, value, set, pointer) {
  const isText = read.type === "string" && !read.loose;
  const tell = ({ target }) => set(!isText && NUMBER.test(target.value) ? Number(target.value) : target.value);
  const kind = read.format === "date" ? "date" : "text";
  return h("input", { type: kind, value: value ?? "", "data-at": pointer, spellcheck: "false", oninput: tell });
}

function choose(options, value, set, pointer, label) {
  const made = h("select", { "data-at": pointer, "aria-label": label });
  const groups = Object.groupBy(options, ([, , group]) => group ?? "");
  for (const [group, of] of Object.entries(groups)) {
    const inside = of.map(([key, words]) => h("option", { value: options.findIndex(([one]) => one === key), selected: key === value }, words));
    made.append(...(group ? [h("optgroup", { label: group }, inside)] : inside));
  }
  made.addEventListener("change", () => set(options[made.value][0]));
  return made;
}

// One of several shapes: which, and then its own form. Changing the shape begins it anew.
function choice(schema, read, value, set, pointer) {
  const place = h("div", { class: "choice" });
  function draw(now) {
    const chosen = read.either.find((one) => schema.fits(one, now)) ?? read.either[0];
    const options = read.either.map((one) => [one, words(one), one.properties?.recipe && "ask about " + spaced(one.properties.recipe.const.split("_")[0])]);
    const change = (one) => { const blank = schema.blank(one); set(blank); draw(blank); };
    const body = form(schema, chosen, now, set, pointer);
    place.replaceChildren(choose(options, chosen, change, pointer, "kind"), ...(body ? [body] : []));
  }
  draw(value);
  return place;
}

// A recipe is told by its sentence, other shapes by what they are.
function words(one) {
  if ("const" in one) return spaced(one.const);
  const said = (one.description ?? one.title ?? one.enum?.map(spaced).join(", ") ?? one.type).replace(/\{\w+\}|`/g, (found) => (found === "`" ? "" : "…"));
  return said.split(/\.(\s|$)/)[0];
}

function fields(schema, read, value, set, pointer) {
  const place = h("div", { class: "fields" });
  let now = { ...value };
  const keep = () => set({ ...now });
  function draw() {
    const all = schema.fields(read).filter(([, one]) => !("const" in one));
    const rows = all.filter(([name, , must]) => must || name in now).map(([name, one, must]) => row(name, one, must));
    const absent = all.filter(([name, , must]) => !must && !(name in now));
    place.replaceChildren(...rows, ...(absent.length ? [adding(absent)] : []));
  }
  function row(name, one, must) {
    const told = (given) => { now = { ...now, [name]: given }; keep(); };
    const without = () => { const { [name]: _, ...rest } = now; now = rest; keep(); draw(); };
    const body = form(schema, one, now[name], told, `${pointer}/${name}`);
    const id = named(body, spaced(name), `at${pointer}/${name}`);
    return h("div", { class: `field ${name}` },
      h("div", { class: "named" }, h(id ? "label" : "span", { for: id, title: one.description }, spaced(name)),
        !must && h("button", { type: "button", class: "plain", "aria-label": `leave ${spaced(name)} out`, onclick: without }, "×")),
      body);
  }
  function adding(absent) {
    const options = [[null, "say more…"], ...absent.map(([name]) => [name, spaced(name)])];
    const add = (name) => { now = { ...now, [name]: schema.blank(absent.find(([each]) => each === name)[1]) }; keep(); draw(); };
    return h("div", { class: "adding" }, choose(options, null, add, `${pointer}/+`, "say more"));
  }
  draw();
  return place;
}

// Gives a control an id for its label; a group, or one of a list, is named where it stands.
function named(body, words, id) {
  if (id && body?.matches("input, select")) return (body.id = id);
  body?.setAttribute("aria-label", words);
  if (!body?.matches("input, select")) body?.setAttribute("role", "group");
  return null;
}

function items(schema, read, value, set, pointer) {
  const place = h("div", { class: "items" });
  let now = [...(value ?? [])];
  const keep = (next) => { now = next; set([...now]); };
  function made(one, index) {
    const body = form(schema, read.items, one, (given) => keep(now.with(index, given)), `${pointer}/${index}`);
    named(body, String(index + 1));
    return body;
  }
  function draw() {
    const rows = now.map((one, index) => h("div", { class: "item" }, made(one, index),
      h("button", { type: "button", class: "plain", "aria-label": `take ${index + 1} away`, onclick: () => { keep(now.toSpliced(index, 1)); draw(); } }, "×")));
    const more = h("button", { type: "button", onclick: () => { keep([...now, schema.blank(read.items)]); draw(); } }, "Add");
    place.replaceChildren(...rows, ...(now.length < (read.maxItems ?? Infinity) ? [more] : []));
  }
  draw();
  return place;
}
