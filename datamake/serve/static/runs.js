// The page of runs, renewed when one begins, goes on or ends.

import { tick } from "./clock.js";
import { byId } from "./dom.js";
import { follow } from "./live.js";
import { renewal } from "./renew.js";

const renew = renewal("runs", () => {});
tick();
follow(byId("runs").dataset.from, { run: renew, state: renew, reload: renew }, renew);
