/**
 * What a site pastes: `<script async src="https://chat.example/widget.js" data-key="wk_live_…">`.
 *
 * A classic script, because only such a one knows its own tag while it runs, and the tag says which
 * workspace this is and where its server lives. Everything else is modules, found beside it: as it
 * comes from another origin than the page, a relative import would have nothing to be relative to.
 */
(() => {
  const tag = /** @type {HTMLScriptElement} */ (document.currentScript);
  import(new URL("widget/launcher.js", tag.src).href).then(({ boot }) => boot(tag));
})();
