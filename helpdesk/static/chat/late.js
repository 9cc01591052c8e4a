/** What only some conversations have: the look and the words of questions, files, receipts and the rating. */

import english from "./strings/en_late.js";

const LATE = `
.question {
  position: relative; z-index: 2; margin: 0 .75rem .75rem; padding: 1.1rem; border-radius: 1.1rem;
  background: var(--care-ground); border: 1px solid color-mix(in srgb, var(--care) 35%, transparent); animation: rise .2s ease-out;
}
.question[data-part="start-over"] { background: var(--wash); border-color: var(--line); }
.question .sign { float: inline-start; margin-inline-end: .6rem; color: var(--care); line-height: 1; }
[data-part="start-over"] .sign { color: var(--accent); }
.question h3 { font-size: 1.0625rem; font-weight: 650; line-height: 1.35; }
.question p { margin-block: .4rem .9rem; font-size: .9375rem; clear: both; }
.answers { display: flex; flex-wrap: wrap; gap: .5rem; }
.answers button { font-weight: 600; }
.answers .quiet { background: var(--ground); box-shadow: inset 0 0 0 1px var(--edge); }
.as-page .question { inline-size: calc(100% - 1.5rem); max-inline-size: 44rem; margin-inline: auto; }

.files { display: flex; flex-wrap: wrap; gap: .5rem; max-inline-size: 88%; list-style: none; }
.row.contact .files { justify-content: flex-end; }
.files a, .files button { display: flex; align-items: center; gap: .6rem; overflow: hidden; border-radius: 1rem; box-shadow: inset 0 0 0 1px var(--line); color: var(--ink); text-align: start; text-decoration: none; }
.files button:hover { background: var(--wash); }
.files .icon { color: var(--accent); }
.files small { display: block; color: var(--soft); font-size: .78rem; }
.files button > span { min-inline-size: 0; }
.files canvas { display: block; max-inline-size: 100%; block-size: auto; background: var(--wash); }
.files a { inline-size: fit-content; }

.receipts { inline-size: 88%; list-style: none; }
.receipts li { display: flex; gap: .7rem; padding: .7rem .9rem; border-radius: 1rem; box-shadow: inset 0 0 0 1px var(--line); }
.receipts li + li { margin-block-start: .5rem; }
.receipts .icon { color: var(--accent); }
.receipts div { min-inline-size: 0; line-height: 1.4; }
.receipts :is(strong, small, .life) { display: block; }
.receipts small { color: var(--soft); font-size: .8125rem; }
.receipts .life { margin-block-start: .2rem; font-size: .875rem; font-variant-numeric: tabular-nums; }

.tray { display: flex; flex-direction: column; gap: .35rem; margin: 0 0 .5rem; padding: 0; list-style: none; max-block-size: 9rem; overflow-y: auto; }
.as-page .tray { max-inline-size: 44rem; margin-inline: auto; }
.tray li { display: flex; align-items: center; gap: .5rem; padding-inline-start: .9rem; border-radius: 1rem; background: var(--wash); }
.tray .what { flex: 1; min-inline-size: 0; padding-block: .35rem; line-height: 1.3; }
.tray .name { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .9375rem; }
.tray .how { display: block; color: var(--soft); font-size: .8125rem; }
.tray .is-refused { box-shadow: inset 0 0 0 1.5px var(--bad); }
.tray .is-refused .how { color: var(--bad); }
.tray .again { color: var(--accent); font-weight: 600; text-decoration: underline; padding-inline: .5rem; }
progress { display: block; inline-size: 100%; block-size: .3rem; margin-block-start: .25rem; accent-color: var(--accent); }

.rating { margin-block-start: 1.1rem; padding: 1rem; border: 1px solid var(--line); border-radius: 1.1rem; background: var(--wash); }
.rating fieldset { margin: 0; padding: 0; border: 0; min-inline-size: 0; }
.rating legend { padding: 0; margin-block-end: .6rem; font-weight: 650; }
.rating .scores { display: flex; flex-wrap: wrap; gap: .4rem; }
.rating .scores label { position: relative; display: flex; align-items: center; min-block-size: 2.75rem; padding-inline: .95rem; border-radius: 1.4rem; background: var(--ground); box-shadow: inset 0 0 0 1.5px var(--edge); cursor: pointer; font-weight: 500; }
.rating .scores label:hover { box-shadow: inset 0 0 0 1.5px var(--accent); }
.rating input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.rating label:has(:checked) { background: var(--accent); color: var(--on-accent); box-shadow: none; }
.rating label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.rating .words { display: block; margin-block: .8rem .3rem; font-size: .875rem; color: var(--soft); }
.rating textarea { display: block; inline-size: 100%; min-block-size: 4.5rem; border: 1.5px solid var(--edge); border-radius: 1rem; background: var(--ground); }
.rating textarea:focus-visible { border-color: var(--accent); box-shadow: 0 0 0 1.5px var(--accent); }
.rating .strong { margin-block-start: .7rem; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.rating .strong:disabled { background: var(--bubble); color: var(--soft); }
.rating .thanks { font-weight: 600; color: var(--good); }
.rating .address { position: static; opacity: 1; cursor: auto; display: block; inline-size: 100%; min-block-size: 2.75rem; margin-block: .6rem 0; padding-inline: .9rem; border: 1.5px solid var(--edge); border-radius: 1rem; background: var(--ground); color: inherit; font: inherit; }
.rating .address[aria-invalid] { border-color: var(--bad); }
.rating .plain { padding-inline: 0; color: var(--accent); font-weight: 600; text-decoration: underline; }
@media (forced-colors: active) { .rating label:has(:checked) { border: 3px solid; } .rating .scores label { border: 1px solid; } }
`;

let sheet = null;

/**
 * Get ready for what is loaded late.
 * @param {Element} node something in the chat
 * @param {Words} words
 */
export function prepare(node, words) {
  words.fallBackOn(english);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(LATE);
  }
  const root = node.getRootNode();
  const { adoptedStyleSheets: sheets = null } = root;
  if (sheets && !sheets.includes(sheet)) root.adoptedStyleSheets = [...sheets, sheet];
}
