// A bot as it is written: by a form or as a file; drawn as it stands, each fault at its place.

import { change, drawing, get, written } from "./api.js";
import { button, h, toast } from "./dom.js";
import { form } from "./form.js";
import { Schema } from "./schema.js";

const FIRST = {
  botfleet: 1,
  name: "My first bot",
  limits: { allocation: 5000, daily_positions: 2, open_positions: 1 },
  symbols: ["SPY"],
  automations: [
    {
      name: "Sell when it does not fall",
      lane: "scanner",
      tree: {
        if: { recipe: "stock_change", symbol: "SPY", relation: "above", percent: "-0.5%" },
        yes: {
          open: {
            symbol: "SPY",
            structure: "short_put_spread",
            expiration: { at_least: 30 },
            strikes: { short_put: { delta: "0.30" }, long_put: { width: -5, of: "short_put" } },
            size: { contracts: 1 },
            exits: { profit: "50%", stop: "100%" },
          },
        },
        no: "nothing",
      },
    },
    { name: "Close everything", lane: "button", label: "flat", tree: { loop: "positions", do: "close" } },
  ],
};
const JSON_KIND = "application/json";
const YAML_KIND = "application/yaml";
const WAIT_MS = 400;

export async function editor({ subject }) {
  const schema = new Schema(await get("/v1/schema"));
  const bot = subject ? await get(`/v1/bots/${encodeURIComponent(subject)}/file`, JSON_KIND) : FIRST;
  return new Editor(schema, bot).sheet(subject ? "Edit bot" : "New bot");
}

class Editor {
  #bot; #file = ""; #isForm = true; #waiting = 0; #asked = 0;
  #place = h("div");
  #faults = h("ul", { class: "faults", role: "alert" });
  #picture = h("img", { class: "trees", alt: "The trees as they stand" });
  #save = button("Save", () => this.#store(), "main");
  #tabs = h("div", { class: "tabs", role: "tablist" });

  constructor(schema, bot) {
    this.schema = schema;
    this.#bot = bot;
    this.#show();
    this.#check();
  }

  sheet(title) {
    return [
      h("div", { class: "head" }, h("h1", {}, title), h("div", { class: "tools" }, this.#save)),
      h("div", { class: "row one-one" },
        h("section", { class: "card" }, this.#tabs, this.#faults, this.#place),
        h("section", { class: "card drawing" }, h("h2", {}, "Trees"), h("div", { class: "scroll" }, this.#picture))),
    ];
  }

  #show() {
    const tab = (words, isForm) => h("button", { type: "button", role: "tab", "aria-selected": String(isForm === this.#isForm), onclick: () => this.#turn(isForm) }, words);
    this.#tabs.replaceChildren(tab("Form", true), tab("File", false));
    this.#place.replaceChildren(this.#isForm ? this.#asForm() : this.#asFile());
  }

  #asForm() {
    const { botfleet: _, ...properties } = this.schema.root.properties;
    return form(this.schema, { ...this.schema.root, properties }, this.#bot, (given) => { this.#bot = { botfleet: 1, ...given }; this.#later(); });
  }

  #asFile() {
    const tell = ({ target }) => { this.#file = target.value; this.#later(); };
    const area = h("textarea", { id: "file", spellcheck: "false", "aria-label": "Bot file", oninput: tell });
    area.value = this.#file;
    return area;
  }

  // The other way of writing it; what cannot be read yet stays where it is written.
  async #turn(isForm) {
    if (isForm === this.#isForm) return;
    try {
      if (isForm) this.#bot = JSON.parse(await written(this.#file, YAML_KIND, JSON_KIND));
      else this.#file = await written(JSON.stringify(this.#bot), JSON_KIND, YAML_KIND);
    } catch (why) {
      this.#tell(why);
      return;
    }
    this.#isForm = isForm;
    this.#show();
  }

  get #said() {
    return this.#isForm ? [JSON.stringify(this.#bot), JSON_KIND] : [this.#file, YAML_KIND];
  }

  #later() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#check(), WAIT_MS);
  }

  async #check() {
    const asked = ++this.#asked;
    try {
      const drawn = await drawing(...this.#said);
      if (asked !== this.#asked) return;
      URL.revokeObjectURL(this.#picture.src);
      this.#picture.src = URL.createObjectURL(drawn);
      this.#tell(null);
    } catch (why) {
      if (asked === this.#asked) this.#tell(why);
    }
  }

  #tell(why) {
    const found = why ? (why.faults.length ? why.faults : [{ pointer: "", detail: why.message }]) : [];
    this.#faults.replaceChildren(...found.map((one) => h("li", {}, one.pointer && h("code", {}, one.pointer), ` ${one.detail}`)));
    this.#save.disabled = found.length > 0;
    const places = new Set(found.map((one) => one.pointer));
    for (const each of this.#place.querySelectorAll("[data-at]")) each.toggleAttribute("aria-invalid", places.has(each.dataset.at));
  }

  async #store() {
    try {
      const { bot } = await change("POST", "/v1/bots", ...this.#said);
      toast(`${bot.name} is saved${bot.is_on ? "" : "; it is off"}.`, "good");
      location.hash = `#/bots/${bot.bot_id}`;
    } catch (why) {
      this.#tell(why);
    }
  }
}
