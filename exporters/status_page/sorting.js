// Lets the reader order a table by a column: each header becomes a button. The first press orders
// it, the second one turns the order round, the third one gives the page's own order back.

class Sorting {
  // `columns`: for each header a function that gives a row's number or text in it, null if that is
  // not known; null instead of a function for a column without an order.
  constructor(table, columns, onChange) {
    this.columns = columns;
    this.onChange = onChange;
    this.chosen = null;  // the index of a column
    this.isDescending = false;
    this.headers = [...table.tHead.rows[0].cells];
    this.rows = [];
    this.headers.forEach((header, i) => {
      if (columns[i] === null) return;
      const button = element("button", {type: "button", class: "sort"}, header.textContent);
      button.addEventListener("click", () => this.choose(i));
      header.replaceChildren(button);
    });
  }

  choose(column) {
    const isFirst = this.startsDescending(column);
    if (this.chosen !== column) {
      this.chosen = column;
      this.isDescending = isFirst;
    } else if (this.isDescending === isFirst) {
      this.isDescending = !isFirst;
    } else {
      this.chosen = null;
    }
    this.mark();
    this.onChange();
  }

  // Back to the page's own order.
  clear() {
    this.chosen = null;
    this.mark();
  }

  // The largest number first, but texts by the alphabet.
  startsDescending(column) {
    return !this.rows.some((row) => typeof this.columns[column](row) === "string");
  }

  mark() {
    this.headers.forEach((header, i) => {
      if (i === this.chosen) {
        setAttribute(header, "aria-sort", this.isDescending ? "descending" : "ascending");
      } else {
        header.removeAttribute("aria-sort");
      }
    });
  }

  // The rows in the order that was chosen. What is not known comes last.
  order(rows) {
    this.rows = rows;
    if (this.chosen === null) return rows;
    const valueOf = this.columns[this.chosen];
    const sign = this.isDescending ? -1 : 1;
    return [...rows].sort((one, other) => {
      const [a, b] = [valueOf(one) ?? null, valueOf(other) ?? null];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "string" ? a.localeCompare(b, "en", {numeric: true}) : a - b);
    });
  }
}
