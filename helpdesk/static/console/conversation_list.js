/** The conversations of one view: fetched page by page, kept right by what happens. */

const PAGE = 50;
const MOST_AGAIN = 400;

/** Tells `change`. */
export class ConversationList extends EventTarget {
  #requests;
  #directory;
  #view;
  #newest;
  #next = null;
  #loading = null;

  /**
   * @param {Requests} requests
   * @param {Directory} directory
   * @param {Object} view one of `VIEWS`
   * @param {function(Object): Object} newest the newest known summary of a conversation
   */
  constructor(requests, directory, view, newest) {
    super();
    this.#requests = requests;
    this.#directory = directory;
    this.#view = view;
    this.#newest = newest;
    this.items = [];
    // Then ready or failed.
    this.state = "loading";
  }

  get hasMore() {
    return this.#next !== null;
  }

  /** Fetch it from its beginning, as far as it was known. */
  load() {
    this.#loading ??= this.#fetch(true).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  loadMore() {
    if (!this.hasMore || this.#loading) return this.#loading;
    this.#loading = this.#fetch(false).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Put a conversation where it belongs now, or take it out. */
  take(summary) {
    if (this.state !== "ready") return;
    this.#put(summary);
    this.#tell();
  }

  async #fetch(isFresh) {
    const wanted = isFresh ? Math.min(Math.max(this.items.length, 1), MOST_AGAIN) : 1;
    let after = isFresh ? null : this.#next;
    const found = [];
    try {
      do {
        const cursor = after ? `&after=${encodeURIComponent(after)}` : "";
        const answer = await this.#requests.get(
          `/conversations?view=${this.#view.name}&limit=${PAGE}${cursor}`,
        );
        found.push(...answer.conversations);
        after = answer.next;
      } while (after && found.length < wanted);
    } catch {
      if (!this.items.length) this.state = "failed";
      return this.#tell();
    }
    this.items = isFresh ? [] : [...this.items];
    this.#next = after;
    this.state = "ready";
    const known = new Set(this.items.map(({ id }) => id));
    for (const each of found) {
      // What came over the socket meanwhile is newer than this page.
      const summary = this.#newest(each);
      if (known.has(summary.id)) continue;
      if (summary === each) this.items.push(summary);
      else this.#put(summary);
    }
    this.#tell();
  }

  #put(summary) {
    const { has, order } = this.#view;
    // A list that is shown must not change under those who show it.
    this.items = this.items.filter(({ id }) => id !== summary.id);
    if (!has(summary, this.#directory)) return;
    const place = findPlace(this.items, summary, order);
    // Behind the last one we have, it comes with its page.
    if (place < this.items.length || !this.hasMore) {
      this.items = this.items.toSpliced(place, 0, summary);
    }
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function findPlace(items, item, order) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(items[middle], item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
