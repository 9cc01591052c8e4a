/** The texts that agents use again and again, and the words that are filled in. */

import { tame } from "./names.js";

export class CannedResponses {
  #requests;
  #site;
  #loading = null;

  /** @param {Object} site what the page knows: product and the like */
  constructor(requests, site) {
    this.#requests = requests;
    this.#site = site;
    this.variables = [];
  }

  /** Return all of them. */
  async all() {
    this.#loading ??= this.#requests.get("/canned_responses");
    try {
      const { canned_responses: responses, variables } = await this.#loading;
      this.variables = variables;
      return responses;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }

  /** Return those that a word could mean, those first whose code begins with it. */
  async find(word) {
    const wanted = word.toLowerCase();
    const responses = await this.all().catch(() => []);
    const codes = responses.filter(({ short_code: code }) => code.toLowerCase().startsWith(wanted));
    const titles = responses.filter(
      (each) => !codes.includes(each) && wanted && each.title.toLowerCase().includes(wanted),
    );
    return [...codes, ...titles];
  }

  async save(response) {
    const { id, ...fields } = response;
    if (id) await this.#requests.put(`/canned_responses/${id}`, fields);
    else await this.#requests.post("/canned_responses", fields);
    this.#loading = null;
  }

  async remove(id) {
    await this.#requests.delete(`/canned_responses/${id}`);
    this.#loading = null;
  }

  /** Return a text with its words filled in; a name that nobody knows leaves no gap. */
  fill(text, { summary, me }) {
    const name = tame(summary.contact.name ?? "");
    const values = {
      "contact.name": name,
      "contact.first_name": name.split(/\s+/)[0],
      "contact.email": summary.contact.email ?? "",
      "agent.name": tame(me.name),
      "agent.first_name": tame(me.name).split(/\s+/)[0],
      "conversation.number": summary.number,
      ...this.#site,
    };
    return text.replace(/( ?)\{([\w.]+)\}/g, (whole, space, key) => {
      if (!(key in values)) return whole;
      return values[key] ? space + values[key] : "";
    });
  }
}
