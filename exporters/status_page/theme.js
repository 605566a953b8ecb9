// The choice between light, dark and what the system has. The browser remembers it if it may.

const THEMES = ["system", "light", "dark"];
const THEME_KEY = "connwatch-theme";

class ThemeChoice {
  constructor(select) {
    this.select = select;
    select.value = this.remembered();
    select.addEventListener("change", () => this.choose());
    this.apply();
  }

  remembered() {
    try {
      const theme = localStorage.getItem(THEME_KEY);
      return THEMES.includes(theme) ? theme : "system";
    } catch {
      return "system";  // storage is off
    }
  }

  choose() {
    this.apply();
    try {
      localStorage.setItem(THEME_KEY, this.select.value);
    } catch {
      // It holds until the page is left.
    }
  }

  apply() {
    setAttribute(document.documentElement, "data-theme", this.select.value);
  }
}
