/** The console's drawings, on the same grid as the chat's. */

import { icon as draw } from "../chat/element.js";

const STROKES = {
  queue: "M4 13h4l1.5 3h5L16 13h4M4 13l2.5-8h11L20 13v6H4Z",
  mine: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.4 3.9-5 7.5-5s6.7 1.6 7.5 5",
  team: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.6-3.2 3.3-4.7 6.5-4.7s5.9 1.5 6.5 4.7M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 15.3c2 .7 3.2 2.1 3.5 4.2",
  all: "M4 6.5h16M4 12h16M4 17.5h16",
  snoozed: "M12 20a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM12 8.5v4l2.5 2M4 5.5 6.5 3.5M20 5.5 17.5 3.5",
  resolved: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM8 12.2l2.8 2.8L16 9.5",
  mentions: "M12 15.8a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6Zm3.8-7.3v4.8c0 1.6.9 2.5 2.2 2.5s2.5-1.2 2.5-3.8a8.5 8.5 0 1 0-3.3 6.7",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5l5 5",
  back: "M14.5 6 8.5 12l6 6",
  close: "m6 6 12 12M18 6 6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  panel: "M4 5h16v14H4ZM14.5 5v14",
  transfer: "M4 8h14m-4-4 4 4-4 4M20 16H6m4-4-4 4 4 4",
  hand_back: "M9 7 4 12l5 5M4.5 12H15a5 5 0 0 1 5 5v1",
  snooze: "M12 20a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM12 8.5v4l2.5 2M4 5.5 6.5 3.5M20 5.5 17.5 3.5",
  release: "M12 15V5m-4 4 4-4 4 4M4 14v5h16v-5",
  resolve: "m5 12.5 4.5 4.5L19 7.5",
  reopen: "M4.5 12a7.5 7.5 0 1 0 2.3-5.4M4.5 4v4h4",
  send: "M12 19V5m-6 6 6-6 6 6",
  attach: "M19.5 11.5 12 19a5 5 0 0 1-7-7l7.8-7.8a3.3 3.3 0 0 1 4.7 4.7l-7.7 7.7a1.6 1.6 0 0 1-2.3-2.3l7-7",
  canned: "M9 20 15 4",
  lock: "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  spark: "M12 4v4m0 8v4m-8-8h4m8 0h4M6.5 6.5l2.5 2.5m6 6 2.5 2.5m0-11L15 9m-6 6-2.5 2.5",
  file: "M6 4h9l4 4v12H6ZM15 4v4h4",
  verified: "M12 3.5 19 6v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6ZM9 12l2.2 2.2L15.2 10",
  article: "M6 4h9l4 4v12H6ZM15 4v4h4M9.5 12.5h6M9.5 16h4",
  assistant: "M4.5 6h15v10h-8l-4 3.5V16h-3ZM8.5 9.5l2 1.7-2 1.8m4 0h3",
  approvals: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.6-3.2 3.3-4.7 6.5-4.7s5.9 1.5 6.5 4.7M16 10.2l2 2 3.5-4",
  receipt: "M6 3.5h12v17l-2.4-1.6-2.4 1.6-2.4-1.6-2.4 1.6L6 19ZM9 8.5h6M9 12h6",
  letter: "M3.5 6h17v12.5h-17ZM4 6.5l8 6.5 8-6.5",
  warning: "M12 4 21 19.5H3ZM12 10v4.5m0 2.5h.01",
  key: "M9 13a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.2-1.3L20 19.5m-3.2-3.2 2.4-2.4",
  down: "m6 9.5 6 6 6-6",
};

/** Return a decorative drawing; what it means must be said by text beside it. */
export function icon(name) {
  return draw(name, STROKES);
}
