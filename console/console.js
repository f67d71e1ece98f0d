/** The hosts' page. */

import {html} from "./vendor/lit-html/lit-html.js";
import {run} from "./shell.js";
import {dialog} from "./views/dialogs.js";
import {history} from "./views/history.js";
import {banner, meetingBar} from "./views/meeting.js";
import {notices} from "./views/notices.js";
import {people} from "./views/people.js";
import {hands, lobby} from "./views/queue.js";

run("The hosts' console", (session) => html`
  ${banner(session, "– the hosts' console")}
  <main class="console">
    ${meetingBar(session)}
    ${people(session)}
    <div class="aside">${hands(session)}${lobby(session)}${history(session)}</div>
  </main>
  ${notices(session)}
  ${dialog(session)}`);
