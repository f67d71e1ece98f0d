/** The hosts' page. */

import {html} from "./vendor/lit-html/lit-html.js";
import {run} from "./shell.js";
import {t} from "./words.js";
import {dialog} from "./views/dialogs.js";
import {history} from "./views/history.js";
import {alerts, banner, meetingBar, skips, tabs} from "./views/meeting.js";
import {notices} from "./views/notices.js";
import {people} from "./views/people.js";
import {hands, lobby} from "./views/queue.js";

void run("page.console", (session) => html`
  ${skips(["people", "hands", "history"])}
  ${banner(session, t("page.console"))}
  ${alerts(session)}
  ${meetingBar(session)}
  ${tabs(session)}
  <main class="console" data-shown=${session.place.tab}>
    ${people(session)}
    <div class="aside">${hands(session)}${lobby(session)}${history(session)}</div>
  </main>
  ${notices(session)}
  ${dialog(session)}`);
