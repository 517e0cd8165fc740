// The page of runs, renewed when one begins, goes on or ends.

import { byId } from "./dom.js";
import { follow } from "./live.js";
import { renewal } from "./renew.js";

const renew = renewal(() => {});
follow(byId("runs").dataset.since, { run: renew, state: renew, reload: renew }, renew);
