/**
 * The look: colours, the button, the window. A constructed sheet needs no `style` in the
 * page, so that a strict content security policy is kept. Sizes and sides are logical;
 * right-to-left costs nothing.
 */

const LIGHT = `
  --ground: #fff;
  --wash: #f5f7fb;
  --bubble: #eef2f8;
  --ink: #171c26;
  --soft: #566073;
  --line: #dfe4ec;
  --edge: #7f8aa0;
  --accent: var(--latchkey-accent, #1d5fd1);
  --on-accent: var(--latchkey-on-accent, #fff);
  --good: #1c7a44;
  --care: #7a4b00;
  --care-ground: #fff4df;
  --bad: #b3261e;
  --shadow: 0 1px 2px rgb(20 30 60 / 10%), 0 18px 50px rgb(20 30 60 / 20%);
  color-scheme: light;
`;
const DARK = `
  --ground: #161b25;
  --wash: #1b212c;
  --bubble: #242c3a;
  --ink: #e8ecf4;
  --soft: #a5b0c3;
  --line: #303a4b;
  --edge: #73809a;
  --accent: var(--latchkey-accent, #8ab4ff);
  --on-accent: var(--latchkey-on-accent, #0b1a36);
  --good: #8fd8ab;
  --care: #ffd591;
  --care-ground: #35290f;
  --bad: #ffb4ab;
  --shadow: 0 0 0 1px rgb(255 255 255 / 8%), 0 18px 50px rgb(0 0 0 / 55%);
  color-scheme: dark;
`;

const frame = `
:host { all: initial; display: block; ${LIGHT} }
@media (prefers-color-scheme: dark) { :host(:not([data-theme="light"])) { ${DARK} } }
:host([data-theme="dark"]) { ${DARK} }
:host(:not([mode="page"])) { display: contents; }
:host([mode="page"]) { block-size: 100%; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, ol { margin: 0; padding: 0; }
button, textarea { font: inherit; color: inherit; }
button { min-inline-size: 2.75rem; min-block-size: 2.75rem; padding: .5rem 1.05rem; border: 0; border-radius: 1.4rem; background: none; cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen {
  position: absolute !important; inline-size: 1px; block-size: 1px; margin: -1px;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; padding: 0;
}
.icon {
  inline-size: 1.375rem; block-size: 1.375rem; flex: none; fill: none; stroke: currentColor;
  stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round;
}
.icon-more { stroke-width: 3; }

.root {
  font: 400 1rem/1.5 var(--latchkey-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif);
  color: var(--ink); text-align: start;
}
.as-page { block-size: 100%; }

.launcher {
  position: fixed; inset-block-end: max(1.25rem, env(safe-area-inset-bottom)); inset-inline-end: 1.25rem;
  z-index: 2147483000; inline-size: 3.75rem; block-size: 3.75rem; border-radius: 1.25rem; box-shadow: var(--shadow);
  transition: transform .16s ease, border-radius .16s ease;
}
:host([data-side="start"]) .launcher { inset-inline: 1.25rem auto; }
.launcher:hover { transform: translateY(-2px); border-radius: 1.5rem; }
.launcher .icon { inline-size: 2.1rem; block-size: 2.1rem; }
.launcher:focus-visible { outline-offset: 4px; }
.badge {
  position: absolute; inset-block-start: -.4rem; inset-inline-end: -.4rem; min-inline-size: 1.5rem; padding-inline: .4rem;
  border: 2px solid var(--ground); border-radius: 1rem; background: #b3261e; color: #fff;
  font-size: .78rem; font-weight: 700; line-height: 1.25rem; text-align: center;
}

.panel {
  display: flex; flex-direction: column; margin: 0; padding: 0; border: 0; overflow: hidden;
  background: var(--ground); color: var(--ink);
}
dialog.panel:not([open]) { display: none; }
.as-launcher .panel {
  position: fixed; inset: auto; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000;
  inline-size: 25rem; max-inline-size: calc(100vw - 2.5rem); block-size: min(43rem, 100dvh - 2.5rem); max-block-size: none;
  border-radius: 1.25rem; box-shadow: var(--shadow); animation: rise .22s cubic-bezier(.2, .8, .3, 1);
}
:host([data-side="start"]) .as-launcher .panel { inset-inline: 1.25rem auto; }
.as-page .panel { block-size: 100%; min-block-size: 26rem; border: 1px solid var(--line); border-radius: 1.25rem; }
.panel::backdrop { background: transparent; }
@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.985); } }
@media (max-width: 30rem), (max-height: 26rem) {
  .as-launcher .panel {
    inset: 0; inline-size: 100%; max-inline-size: none; block-size: 100dvh; border-radius: 0; animation-name: none;
  }
  .as-page .panel { border: 0; border-radius: 0; min-block-size: 0; }
}

header {
  display: flex; align-items: center; gap: .75rem; padding-block: .75rem; padding-inline: 1rem .75rem;
  padding-block-start: max(.75rem, env(safe-area-inset-top)); border-block-end: 1px solid var(--line);
}
.mark {
  inline-size: 2.5rem; block-size: 2.5rem; border-radius: .75rem;
}
.mark .icon { inline-size: 1.65rem; block-size: 1.65rem; stroke-width: 2; }
.names { flex: 1; min-inline-size: 0; }
.names h2 { font-size: 1.0625rem; font-weight: 650; line-height: 1.25; outline-offset: 4px; border-radius: 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.status { display: flex; align-items: center; gap: .4rem; color: var(--soft); font-size: .8125rem; line-height: 1.35; }
.status::before { content: ""; flex: none; inline-size: .5rem; block-size: .5rem; border-radius: 50%; background: var(--good); }
.status[data-owner="queue"]::before { background: none; border: 2px solid var(--care); }
.status[data-owner=""]::before, .status[data-owner="offline"]::before { background: var(--edge); }
.launcher, .mark, .tool, .send { display: grid; place-items: center; flex: none; padding: 0; }
.tool { border-radius: .75rem; color: var(--soft); }
.tool + .tool, .menu-place + .tool { margin-inline-start: -.5rem; }
.tool:hover, .tool[aria-expanded="true"] { background: var(--wash); color: var(--ink); }
.menu-place { position: relative; }
.menu {
  position: absolute; inset-block-start: calc(100% + .25rem); inset-inline-end: 0; z-index: 3; min-inline-size: 15rem;
  padding: .375rem; list-style: none; border: 1px solid var(--line); border-radius: 1rem; background: var(--ground); box-shadow: var(--shadow);
}
.menu button { display: flex; align-items: center; gap: .75rem; inline-size: 100%; padding-inline: .75rem; border-radius: .7rem; text-align: start; }
.menu button:hover:not(:disabled) { background: var(--wash); }
.menu button:disabled { color: var(--soft); opacity: .65; }
.menu .icon { color: var(--accent); }

.main { position: relative; flex: 1; display: flex; flex-direction: column; min-block-size: 0; transition: opacity .15s; }
.main[inert], .composer[inert] { opacity: .4; }
.banner { padding: .55rem 1rem; font-size: .875rem; line-height: 1.4; background: var(--wash); color: var(--soft); text-align: center; }
.banner:empty { display: none; }
.banner[data-state="offline"], .banner[data-state="slow"], .banner[data-state="note"] { background: var(--care-ground); color: var(--care); }
.banner[data-state="back"] { color: var(--good); }

.composer { padding: .75rem .75rem max(.6rem, env(safe-area-inset-bottom)); border-block-start: 1px solid var(--line); }
.field { display: flex; align-items: flex-end; gap: .25rem; padding: .2rem; border: 1.5px solid var(--edge); border-radius: 1.6rem; background: var(--ground); }
.field:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1.5px var(--accent); }
.is-too-long .field { border-color: var(--bad); box-shadow: 0 0 0 1.5px var(--bad); }
textarea {
  flex: 1; min-inline-size: 0; min-block-size: 2.75rem; max-block-size: 9rem; padding: .6rem .9rem; border: 0; background: none; resize: none;
  line-height: 1.5; overflow-y: auto;
}
textarea:focus-visible { outline: 0; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send { border-radius: 50%; }
.launcher, .mark, .send, .pill, .answers .strong, .row.contact .bubble { background: var(--accent); color: var(--on-accent); }
form .send:disabled { background: var(--bubble); color: var(--soft); }
.send:not(:disabled):hover { filter: brightness(1.08); }
.promise { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem .75rem; margin: .45rem .5rem 0; color: var(--soft); font-size: .78rem; line-height: 1.35; }
.length:empty { display: none; }
.length { color: var(--bad); font-weight: 600; }
`;

const messages = `
.transcript { position: relative; flex: 1; min-block-size: 0; display: flex; }
.scroller { flex: 1; min-inline-size: 0; padding: 1rem; overflow-y: auto; overscroll-behavior: contain; overflow-anchor: none; scrollbar-width: thin; outline-offset: -3px; }
.as-page .scroller > * { max-inline-size: 44rem; margin-inline: auto; }
.as-page .field, .as-page .promise { max-inline-size: 44rem; margin-inline: auto; }

.beginning { padding-block: .5rem 1rem; }
.beginning h3 { font-size: 1.5rem; font-weight: 650; line-height: 1.2; }
.beginning p { margin-block: .5rem 1.1rem; color: var(--soft); }

.row { display: flex; flex-direction: column; align-items: flex-start; gap: .5rem; margin-block-start: .45rem; overflow-wrap: anywhere; }
.row.is-first { margin-block-start: 1.1rem; }
.row.contact { align-items: flex-end; }
.who { display: flex; align-items: baseline; gap: .5rem; margin: 0 .25rem -.2rem; color: var(--soft); font-size: .8125rem; line-height: 1.3; }
.who span { font-weight: 600; color: var(--ink); }
.row.agent .who span::before { content: "●"; content: "●" / ""; margin-inline-end: .35rem; color: var(--good); font-size: .7em; }
.bubble { max-inline-size: 88%; padding: .65rem .95rem; border-radius: 1.15rem; background: var(--bubble); }
.row:not(.contact).is-first .bubble { border-start-start-radius: .35rem; }
.row.contact.is-first .bubble { border-start-end-radius: .35rem; }
.row.agent .bubble { background: color-mix(in srgb, var(--good) 13%, var(--ground)); }
.bubble:empty { display: none; }
.plain { white-space: pre-wrap; }
.bubble > * + * { margin-block-start: .6rem; }
.bubble ul, .bubble ol { padding-inline-start: 1.35rem; }
.bubble li + li { margin-block-start: .25rem; }
.bubble code { padding: .1em .35em; border-radius: .35em; background: color-mix(in srgb, currentColor 10%, transparent); font: .9em ui-monospace, "SF Mono", Consolas, monospace; }
.bubble a { font-weight: 500; }

.activity { align-items: center; margin-block: .9rem .4rem; text-align: center; }
.activity .who { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.activity .bubble { padding: 0 1rem; background: none !important; color: var(--soft); font-size: .875rem; }
.day { display: flex; align-items: center; gap: .75rem; margin-block: 1.1rem .2rem; color: var(--soft); font-size: .78rem; }
.day::before, .day::after { content: ""; flex: 1; block-size: 1px; background: var(--line); }

.state, .redaction { margin-inline: .25rem; color: var(--soft); font-size: .8125rem; line-height: 1.4; }
.state:empty, .redaction:empty { display: none; }
.row > .state, .row > .redaction { margin-block-start: -.2rem; max-inline-size: 88%; text-align: end; }
.redaction { padding-inline-start: .6rem; border-inline-start: 2px solid var(--care); color: var(--care); }
.row > .redaction { text-align: start; }
.is-waiting:first-child, .is-failed:first-child { margin-block-start: 1.1rem; }
.row.is-failed .bubble { background: none; box-shadow: inset 0 0 0 1.5px var(--bad); color: var(--ink); }
.is-failed .state { color: var(--bad); }
.state button { padding: .25rem .6rem; font-weight: 600; text-decoration: underline; color: var(--accent); }

.choices { display: flex; flex-wrap: wrap; gap: .5rem; max-inline-size: 100%; }
.choices button {
  background: var(--ground); color: var(--accent);
  box-shadow: inset 0 0 0 1.5px var(--accent); font-weight: 600; line-height: 1.3; text-align: start; transition: background-color .12s;
}
.choices button:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 9%, var(--ground)); }
.is-over .choices button { box-shadow: inset 0 0 0 1px var(--line); color: var(--soft); font-weight: 500; }
.is-over .choices .is-chosen { background: var(--bubble); box-shadow: inset 0 0 0 1px var(--edge); color: var(--ink); }
.is-chosen::before { content: "✓"; content: "✓" / ""; margin-inline-end: .4rem; }
.starts { flex-direction: column; }
.choices.starts button { box-shadow: inset 0 0 0 1px var(--line); border-radius: 1rem; padding-block: .7rem; color: var(--ink); font-weight: 500; display: flex; justify-content: space-between; }
.starts button::after { content: "›"; content: "›" / ""; margin-inline-start: 1rem; color: var(--accent); }
[dir="rtl"] .starts button::after { content: "‹"; content: "‹" / ""; }
.starts button:hover { box-shadow: inset 0 0 0 1.5px var(--accent); }

.article {
  display: flex; align-items: center; gap: .75rem; inline-size: 88%; padding: .7rem .9rem; border-radius: 1rem;
  box-shadow: inset 0 0 0 1px var(--line); color: var(--ink); text-decoration: none;
}
.article > span { min-inline-size: 0; }
.article small { display: block; color: var(--soft); font-size: .78rem; line-height: 1.3; }
.article .icon { color: var(--accent); }
.title { font-weight: 600; color: var(--accent); line-height: 1.35; }
.article:hover, .results a:hover { background: var(--wash); }
.article:hover .title, .results a:hover .title { text-decoration: underline; }
.results { inline-size: 100%; border-radius: 1rem; box-shadow: inset 0 0 0 1px var(--line); overflow: hidden; }
.results .caption { padding: .6rem .9rem .2rem; color: var(--soft); font-size: .78rem; }
.results ul { list-style: none; }
.results li + li { border-block-start: 1px solid var(--line); }
.results a { display: block; padding: .65rem .9rem; color: var(--ink); text-decoration: none; outline-offset: -3px; }
.title { display: block; }
.passage { display: block; color: var(--soft); font-size: .875rem; line-height: 1.45; }
mark { background: none; color: var(--ink); font-weight: 600; }

.dots { display: flex; align-items: center; gap: .3rem; min-block-size: 2.6rem; }
.dots i { inline-size: .45rem; block-size: .45rem; border-radius: 50%; background: var(--soft); animation: nod 1.2s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: .15s; }
.dots i:nth-child(3) { animation-delay: .3s; }
@keyframes nod { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; transform: translateY(-3px); } }
.typing { margin-block-start: .6rem; }

.pill, .earlier { font-size: .875rem; font-weight: 600; }
.pill {
  position: absolute; inset-block-end: .75rem; inset-inline: 0; margin-inline: auto; inline-size: fit-content;
  display: flex; align-items: center; gap: .4rem; box-shadow: var(--shadow);
}
.earlier { display: block; margin: 0 auto .5rem; color: var(--accent); }
`;

const still = `
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}
@media (forced-colors: active) {
  .bubble, .launcher, .mark, .send, .answers button { border: 1px solid; }
}
`;

/** Return the sheet of the whole element. */
export function styleSheet() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(frame + messages + still);
  return sheet;
}
