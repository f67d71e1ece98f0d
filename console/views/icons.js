/** Line icons of one size. They say nothing by themselves: every one stands beside a text. */

import {html} from "../vendor/lit-html/lit-html.js";

const PATHS = {
  audio: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  video: "M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM15 11l6-4v10l-6-4",
  content: "M3 4h18v12H3zM8 20h8M12 16v4M12 13V7M9 10l3-3 3 3",
  off: "M3 3l18 18",
  hand: "M8 13V5.5a1.5 1.5 0 0 1 3 0V11M11 10.5v-6a1.5 1.5 0 0 1 3 0V11M14 10.5V6a1.5 1.5 0 0 1 3 0v8c0 4-2.500 7-6 7-3 0-4.500-1.500-6-4.500L3.600 13.400a1.600 1.600 0 0 1 2.800-1.500L8 14",
  floor: "M4 20h9M6 20v-3h5v3M8.500 17L8.500 12M6 12h5a3 3 0 0 0 3-3V8M14 4l4 4-2 2-4-4z",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  frozen: "M12 3v18M4.200 7.500l15.600 9M19.800 7.500l-15.600 9M9.500 4.500L12 7l2.500-2.500M9.500 19.500L12 17l2.500 2.500",
  warning: "M12 4L2.500 20h19zM12 10v5M12 17.500v.5",
  done: "M5 12.500l4.500 4.500L19 7.500",
  refused: "M6 6l12 12M18 6L6 18",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  hold: "M8 5v14M16 5v14",
  people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20a6.500 6.500 0 0 1 13 0M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500a6.500 6.500 0 0 1 3.500 5.500",
  gavel: "M13 4l6 6M10 7l6 6M11.500 5.500l-5 5 5 5 5-5zM9.500 13L3 19.500M13 21h8",
};

/** @param {keyof typeof PATHS} name @param {boolean} [struck] crossed out */
export function icon(name, struck = false) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name] + (struck ? PATHS.off : "")} /></svg>`;
}
