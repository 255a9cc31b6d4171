// A bot as it is written: by a form or as a file; drawn as it stands, each fault at its place.

import { change, drawing, get, written } from "./api.js";
import { button, confirmed, h, head, toast } from "./dom.js";
import { form } from "./form.js";
import { Schema } from "./schema.js";
import { account as accountWords } from "./words.js";

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

export async function editor({ subject, me, again }) {
  const [schema, { items: accounts }] = await Promise.all([get("/v1/schema"), get("/v1/connections")]);
  const bot = subject ? await get(`/v1/bots/${encodeURIComponent(subject)}/file`, JSON_KIND) : FIRST;
  return new Editor(new Schema(schema), subject, bot, new Draft(`${me.name} ${subject}`), accounts).sheet(again);
}

// What is being written stays in this tab until it is saved, whatever is looked at meanwhile.
class Draft {
  constructor(name) { this.name = `draft ${name}`; }
  get kept() { return JSON.parse(sessionStorage.getItem(this.name)); }
  keep(said) { sessionStorage.setItem(this.name, JSON.stringify(said)); }
  drop() { sessionStorage.removeItem(this.name); }
}

class Editor {
  #bot; #file = ""; #isForm = true; #waiting = 0; #asked = 0;
  #place = h("div");
  #faults = h("ul", { class: "faults", role: "alert" });
  #picture = h("img", { class: "trees", alt: "The trees as they stand" });
  #save = button("Save", () => this.#store(), "main");
  #tabs = h("div", { class: "tabs", role: "tablist" });

  constructor(schema, subject, bot, draft, accounts) {
    Object.assign(this, { schema, subject, draft, accounts, name: bot.name });
    this.#bot = bot;
    this.#goOn();
    this.#show();
    this.#check();
  }

  // What was not saved before is gone on with.
  #goOn() {
    const [said, kind] = this.draft.kept ?? [];
    this.#isForm = kind !== YAML_KIND;
    if (kind === JSON_KIND) this.#bot = JSON.parse(said);
    if (kind === YAML_KIND) this.#file = said;
  }

  sheet(again) {
    const anew = button("Begin anew", async () => {
      if (await confirmed("Let go of what you wrote and did not save?", "Let go")) { this.draft.drop(); again(); }
    });
    return [
      head(this.subject ? `Edit ${this.name}` : "New bot", this.draft.kept && h("span", { class: "sub" }, "Not saved yet"), this.draft.kept && anew, this.#where(), this.#save),
      h("div", { class: "row one-one" },
        h("section", { class: "card" }, this.#tabs, this.#faults, this.#place),
        h("section", { class: "card drawing" }, h("h2", {}, "Trees"), h("div", { class: "scroll" }, this.#picture))),
    ];
  }

  // The account a new bot is to trade in, for good.
  #where() {
    if (this.subject) return null;
    if (!this.accounts.length) return h("p", { class: "chip" }, h("a", { href: "#/accounts" }, "Connect an account"), " before you save");
    if (this.accounts.length === 1) return null;
    return h("select", { id: "account", "aria-label": "Account it trades in" }, this.accounts.map((one) => h("option", { value: one.account_id }, accountWords(one))));
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
    this.draft.keep(this.#said);
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
      const { name } = JSON.parse(await written(...this.#said, JSON_KIND));
      if (!(await this.#isMeant(name))) return;
      const account = document.getElementById("account")?.value;
      const { bot } = await change("POST", `/v1/bots${account ? `?account=${account}` : ""}`, ...this.#said);
      this.draft.drop();
      toast(`${bot.name} is saved${bot.is_on ? "" : "; it is off"}.`, "good");
      location.hash = `#/bots/${bot.bot_id}`;
    } catch (why) {
      this.#tell(why);
      this.#faults.scrollIntoView({ block: "center" });
    }
  }

  // A bot that is given another name stays the same bot; one that has the name already is not lost unasked.
  async #isMeant(name) {
    if (this.subject && name === this.name) return true;
    if (this.subject) {
      await change("PATCH", `/v1/bots/${this.subject}`, { name });
      this.name = name;
      return true;
    }
    const { items } = await get("/v1/bots");
    return !items.some((one) => one.name === name) || confirmed(`You have a bot ${name} already. Put this in its place?`, "Replace");
  }
}
