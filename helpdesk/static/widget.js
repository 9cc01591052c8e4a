/**
 * The one tag that a site adds. A classic script, so that it works anywhere; it loads the
 * chat's modules from where it came from itself and holds calls until they are there.
 */
(() => {
  const script =
    document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const server = new URL(script.src).origin;
  const chat = import(`${server}/static/chat/chat.js`).then(({ mount }) =>
    mount({ ...script.dataset }),
  );
  chat.catch((error) => console.error("The chat could not be loaded.", error));
  const later = (name) => (...values) => chat.then((it) => it[name](...values));
  window.latchkey = {
    open: later("open"),
    close: later("close"),
    press: later("press"),
    identify: later("identify"),
  };
})();
