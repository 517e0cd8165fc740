// The page of runs, renewed when one begins, goes on or ends.

import { follow } from "./live.js";
import { renewal } from "./renew.js";

const renew = renewal(() => {});
follow("", { run: renew, state: renew, reload: renew }, renew);
