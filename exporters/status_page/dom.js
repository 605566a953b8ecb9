// The document's nodes. Text enters it only as text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

function find(id) {
  return document.getElementById(id);
}

// element("td", {class: "number"}, "12", otherElement)
function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function shape(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Leaves the node alone where nothing changes: selections stay, screen readers keep quiet.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

// A cell of a table that keeps its meaning where the style lays it out as something else.
function cell(attributes = {}, ...children) {
  return element("td", {role: "cell", ...attributes}, ...children);
}

function rowHeader(...children) {
  return element("th", {scope: "row", role: "rowheader"}, ...children);
}

// Keeps one node per item in `parent`, in the order of the items, and the nodes of items that stay.
// `create` makes {node, update(item)} for a key.
class KeyedList {
  constructor(parent, keyOf, create) {
    this.parent = parent;
    this.keyOf = keyOf;
    this.create = create;
    this.entries = new Map();
  }

  update(items) {
    const entries = new Map();
    let next = this.entries.size > 0 ? this.first() : null;
    for (const item of items) {
      const key = this.keyOf(item);
      const entry = this.entries.get(key) ?? this.create(item);
      entry.update(item);
      entries.set(key, entry);
      if (entry.node === next) {
        next = next.nextElementSibling;
      } else {
        this.parent.insertBefore(entry.node, next);
      }
    }
    for (const [key, entry] of this.entries) {
      if (!entries.has(key)) entry.node.remove();
    }
    this.entries = entries;
  }

  first() {
    return this.entries.values().next().value.node;
  }
}

// A list that shows its beginning until its button is pressed.
class Expander {
  constructor(button, onChange) {
    this.button = button;
    this.isOpen = false;
    button.addEventListener("click", () => {
      this.isOpen = !this.isOpen;
      onChange();
    });
  }

  // The items to show: at least `least` of them.
  cut(items, least, many) {
    show(this.button, items.length > least);
    setAttribute(this.button, "aria-expanded", String(this.isOpen));
    const all = `Show all ${countText(items.length)} ${many}`;
    setText(this.button, this.isOpen ? "Show fewer" : all);
    return this.isOpen ? items : items.slice(0, least);
  }
}
