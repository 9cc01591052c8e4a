// Search while typing: a combobox over GET /api/v1/search. Without this file the form works.
"use strict";

(() => {
  const LIMIT = 5;
  const PAUSE_MS = 90;

  class SearchBox {
    constructor(form) {
      this.form = form;
      this.input = form.querySelector("input[type=search]");
      this.list = document.createElement("ul");
      this.status = document.createElement("p");
      this.active = -1;
      this.request = null;
      this.pause = 0;
      this.prepare();
      this.listen();
    }

    prepare() {
      Object.assign(this.list, { id: "suggestions", className: "suggestions", hidden: true });
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "Answers");
      this.status.className = "hidden";
      this.status.setAttribute("role", "status");
      const attributes = {
        "role": "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": this.list.id,
      };
      for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
      this.form.append(this.list, this.status);
    }

    listen() {
      this.input.addEventListener("input", () => this.askSoon());
      this.input.addEventListener("keydown", (event) => this.press(event));
      this.input.addEventListener("focus", () => this.list.children.length && this.open());
      this.form.addEventListener("focusout", (event) => {
        if (!this.form.contains(event.relatedTarget)) this.close();
      });
      // The focus stays in the field, so that a press on an answer is not a loss of focus.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => this.follow(event.target.closest("li")));
    }

    askSoon() {
      clearTimeout(this.pause);
      this.request?.abort();
      const query = this.input.value;
      if (!query.trim()) {
        this.show([], "");
        return;
      }
      this.pause = setTimeout(() => this.ask(query), PAUSE_MS);
    }

    async ask(query) {
      this.request = new AbortController();
      const address = `/api/v1/search?limit=${LIMIT}&q=${encodeURIComponent(query)}`;
      try {
        const answer = await fetch(address, { signal: this.request.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        const { results } = await answer.json();
        this.show(results, query);
      } catch (error) {
        // Whoever goes on typing, or has no network, still has the form itself.
        if (error.name !== "AbortError") this.show([], "");
      }
    }

    show(results, query) {
      const options = results.map((result) => this.option(result));
      if (options.length) options.push(this.optionForAll(query));
      options.forEach((option, number) => { option.id = `suggestion-${number}`; });
      this.list.replaceChildren(...options);
      this.activate(-1);
      const count = results.length;
      this.status.textContent = !query ? "" : count === 1 ? "1 answer" : `${count} answers`;
      if (count && document.activeElement === this.input) this.open();
      else this.close();
    }

    option({ title, url, passage }) {
      const option = this.emptyOption(new URL(url).pathname);
      const name = document.createElement("strong");
      name.textContent = title;
      const text = document.createElement("span");
      for (const piece of passage) {
        const mark = document.createElement("mark");
        mark.textContent = piece.text;
        text.append(piece.hit ? mark : piece.text);
      }
      option.append(name, text);
      return option;
    }

    optionForAll(query) {
      const option = this.emptyOption(`/search?q=${encodeURIComponent(query)}`);
      option.classList.add("all");
      option.textContent = "Show all answers";
      return option;
    }

    emptyOption(address) {
      const option = document.createElement("li");
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.address = address;
      return option;
    }

    press(event) {
      const isOpen = !this.list.hidden;
      const last = this.list.children.length - 1;
      if (event.isComposing) return;
      if (event.key === "Escape" && isOpen) {
        this.close();
      } else if (event.key === "ArrowDown" && last >= 0) {
        this.open();
        this.activate(this.active >= last ? -1 : this.active + 1);
      } else if (event.key === "ArrowUp" && last >= 0) {
        this.open();
        this.activate(this.active < 0 ? last : this.active - 1);
      } else if (event.key === "Enter" && isOpen && this.active >= 0) {
        this.follow(this.list.children[this.active]);
      } else {
        return;
      }
      event.preventDefault();
    }

    activate(number) {
      this.list.children[this.active]?.setAttribute("aria-selected", "false");
      this.active = number;
      const option = this.list.children[number];
      if (option) {
        option.setAttribute("aria-selected", "true");
        option.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", option.id);
      } else {
        this.input.removeAttribute("aria-activedescendant");
      }
    }

    open() {
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.activate(-1);
    }

    follow(option) {
      if (option) location.assign(option.dataset.address);
    }
  }

  document.querySelectorAll("form.search").forEach((form) => new SearchBox(form));
})();
