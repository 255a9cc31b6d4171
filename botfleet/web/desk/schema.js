// Reading a JSON Schema the way the bot file's is written: references, alternatives, blanks.

export class Schema {
  constructor(root) {
    this.root = root;
  }

  // A schema with its reference followed, and without the "or nothing" of what may be left out.
  read(schema) {
    const { $ref: ref, ...own } = schema;
    const found = ref ? { ...this.root.$defs[ref.split("/").pop()], ...own } : own;
    const others = (found.anyOf ?? found.oneOf)?.filter((one) => one.type !== "null");
    if (!others) return found;
    const { anyOf: _, oneOf: __, ...rest } = found;
    if (others.length > 1) return { ...rest, either: others.flatMap((one) => this.#flat(one)) };
    return { ...this.read(others[0]), ...rest };
  }

  #flat(schema) {
    const read = this.read(schema);
    return read.either ?? [read];
  }

  // The fields of an object, required ones first: [name, schema, is it required].
  fields(schema) {
    const required = new Set(schema.required ?? []);
    const names = schema.propertyNames?.enum ?? [];
    const all = Object.entries(schema.properties ?? Object.fromEntries(names.map((name) => [name, schema.additionalProperties])));
    return [...all.filter(([name]) => required.has(name)), ...all.filter(([name]) => !required.has(name))].map(
      ([name, one]) => [name, this.read(one), required.has(name)]);
  }

  // What a value begins as: what must be said, still empty.
  blank(given) {
    const schema = this.read(given);
    if ("const" in schema) return schema.const;
    if (schema.default != null) return schema.default;
    if (schema.enum) return schema.enum[0];
    if (schema.either) return this.blank(schema.either.find((one) => one.const === "nothing") ?? schema.either[0]);
    if (schema.type === "object") return Object.fromEntries(this.fields(schema).filter(([, , must]) => must).map(([name, one]) => [name, this.blank(one)]));
    if (schema.type === "array") return Array.from({ length: schema.minItems ?? 0 }, () => this.blank(schema.items));
    return schema.type === "boolean" ? false : "";
  }

  // Does a value have the shape of this alternative?
  fits(schema, value) {
    if ("const" in schema) return value === schema.const;
    if (schema.enum) return schema.enum.includes(value);
    if (schema.type === "array") return Array.isArray(value);
    if (schema.type !== "object") return value === null || typeof value !== "object";
    if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
    const known = this.fields(schema);
    return known.every(([name, one, must]) => (must ? name in value : true) && (!("const" in one) || !(name in value) || value[name] === one.const))
      && Object.keys(value).every((name) => known.some(([each]) => each === name));
  }
}

export const isScalar = (schema) => !["object", "array"].includes(schema.type) && !("const" in schema) && !schema.either && !schema.enum;
