/**
 * Renders /openapi.json as a page one can read. Everything is made of DOM nodes and text, so that
 * no word of the document can become markup.
 */

/** @typedef {Record<string, any>} Json */

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Text in which what stands between backticks is code.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function prose(text) {
  return text.split("`").map((part, at) => (at % 2 ? node("code", {}, part) : part));
}

/**
 * What `$ref` points at.
 * @param {Json} contract
 * @param {Json} schema
 * @returns {Json}
 */
function resolve(contract, schema) {
  if (!schema.$ref) return schema;
  return schema.$ref.split("/").slice(1).reduce((/** @type {Json} */ at, /** @type {string} */ step) => at[step], contract);
}

/**
 * A type in a few words.
 * @param {Json} schema
 * @returns {string}
 */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" | ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map(typeOf).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "any";
}

/**
 * @param {string} title
 * @param {[string, string, string][]} rows
 */
function table(title, rows) {
  const head = node("tr", {}, ...[title, "Type", "Needed"].map((word) => node("th", { scope: "col" }, word)));
  const body = rows.map(([name, type, more]) =>
    node("tr", {}, node("td", {}, node("code", {}, name)), node("td", {}, node("code", {}, type)), node("td", {}, more)),
  );
  // It scrolls sideways on a phone, so that the keyboard must reach it and a reader must name it.
  const region = { class: "table", role: "group", tabindex: "0", "aria-label": title };
  return node("div", region, node("table", {}, node("thead", {}, head), node("tbody", {}, ...body)));
}

/**
 * The members of a schema that is a map; nothing for another.
 * @param {Json} contract
 * @param {string} title
 * @param {Json} schema
 * @returns {HTMLElement[]}
 */
function members(contract, title, schema) {
  const found = resolve(contract, schema);
  if (!found.properties) return [];
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties).map(
    ([name, member]) => /** @type {[string, string, string]} */ ([name, typeOf(member), required.has(name) ? "required" : "–"]),
  );
  return [table(title, rows)];
}

/**
 * @param {Json} operation
 * @returns {string}
 */
function access(operation) {
  if (!operation.security) return "Open to everyone.";
  if (operation["x-scope"]) return `Needs the scope ${operation["x-scope"]}.`;
  return operation.security.length > 2 ? "For agents." : "For widget keys.";
}

/**
 * @param {Json} contract
 * @param {string} title
 * @param {Json} operation
 * @returns {HTMLElement}
 */
function describe(contract, title, operation) {
  const article = node("article", { id: operation.operationId });
  article.append(node("h2", {}, title), node("p", {}, `${operation.summary}.`));
  if (operation.description) {
    article.append(node("p", { class: "quiet" }, ...prose(operation.description)));
  }
  article.append(node("p", { class: "quiet" }, access(operation)));
  if (operation.parameters?.length) {
    const rows = operation.parameters.map((/** @type {Json} */ one) => [one.name, typeOf(one.schema), one.in]);
    article.append(table("Parameter", rows));
  }
  const sent = operation.requestBody?.content["application/json"]?.schema;
  if (sent) article.append(...members(contract, "Body", sent));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const shape = answer.content?.["application/json"]?.schema;
    if (status.startsWith("2") && shape) article.append(...members(contract, `Answer ${status}`, shape));
  }
  const refusals = Object.keys(operation.responses).filter((status) => !status.startsWith("2"));
  article.append(node("p", { class: "quiet" }, `Refusals: ${refusals.join(", ")}.`));
  return article;
}

/** @param {Json} contract */
function show(contract) {
  const about = document.getElementById("about");
  const contents = document.getElementById("contents");
  const main = document.getElementById("operations");
  if (!about || !contents || !main) return;
  about.replaceChildren(`Version ${contract.info.version}. `, ...prose(contract.info.description));
  for (const [path, operations] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const title = `${method.toUpperCase()} ${path}`;
      contents.append(node("li", {}, node("a", { href: `#${operation.operationId}` }, title)));
      main.append(describe(contract, title, operation));
    }
  }
}

const response = await fetch("/openapi.json");
show(await response.json());
