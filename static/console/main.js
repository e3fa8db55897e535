/**
 * Where the console begins: the parts that follow the page are started, then the connection, then
 * the first drawing.
 */

import { desk } from "./desk.js";
import { followKeys } from "./keys.js";
import { lists } from "./lists.js";
import { notices } from "./notices.js";
import { followAddress } from "./router.js";
import { session } from "./session.js";
import * as state from "./state.js";
import { showTheme } from "./theme.js";
import { computed, effect, html, render } from "./vendor/preact.js";
import { App } from "./views/app.js";

const WIDE = matchMedia("(min-width: 1280px)");

showTheme();
followAddress();
followKeys();
notices.start();
state.isContactShown.value = WIDE.matches;
WIDE.addEventListener("change", () => (state.isContactShown.value = WIDE.matches));

// Only another view ends a search; opening what it found does not.
const screen = computed(() => state.route.value.screen);
effect(() => {
  if (screen.value !== "visitors") lists.look(screen.value, "");
});
effect(() => {
  if (state.phase.value === "signedIn") desk.show(state.route.value.conversationId);
});
effect(() => {
  const { screen, conversationId } = state.route.value;
  lists.followBoard(
    screen === "visitors" || (conversationId !== null && state.isContactShown.value),
  );
});

session.start();

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
