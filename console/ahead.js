/** Asks for what both pages need first, while the other modules are still on their way. */

import {spoken} from "./languages.js";
import {lookAhead} from "./look.js";

// What goes wrong is told by the page, which awaits the same or asks again.
Promise.all([spoken(), lookAhead()]).catch(() => undefined);
