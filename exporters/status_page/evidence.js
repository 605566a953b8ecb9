// What spoke for an alert at a moment: a line with the numbers, and who contributed most.

class Evidence {
  constructor(title) {
    this.title = element("summary", {}, title);
    this.text = element("p");
    this.top = element("p", {class: "soft"});
    this.node = element("details", {}, this.title, this.text, this.top);
  }

  // `evidence`: as in an alert, or null.
  update(evidence) {
    setText(this.text, sentence(evidence?.text ?? ""));
    const top = [topText("Most from", evidence?.top_sources),
      topText("Most to", evidence?.top_destinations),
      topText("Most of unit", evidence?.top_units),
      topText("Most of group", evidence?.top_groups)];
    setText(this.top, top.filter((part) => part !== "").join(". "));
    show(this.node, this.text.textContent + this.top.textContent !== "");
  }
}

function topText(heading, counts) {
  const entries = Object.entries(counts ?? {});
  if (entries.length === 0) return "";
  return `${heading} ${entries.map(([name, count]) => `${name} (${countText(count)})`).join(", ")}`;
}
