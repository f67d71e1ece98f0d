/** Asks for what both pages need first, while the other modules are still on their way. */

import {configuration} from "./configuration.js";
import {speak} from "./words.js";

// What goes wrong is told by the page, which awaits the same.
Promise.all([configuration(), speak()]).catch(() => undefined);
