/**
 * `../widget.js` where everything is one file: the entry of the bundle. There a module needs no
 * loading, and one that is imported by name can leave behind what nobody uses.
 */

import { boot } from "./launcher.js";

boot(/** @type {HTMLScriptElement | null} */ (document.currentScript));
