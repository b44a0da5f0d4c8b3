// What starts a page without a kernel: a word lens alone, or the explorer with the answers that lie in the page.
import {makeLens} from "./lens.js";

// In a notebook: the frame grows with its page.
function growFrame(main) {
  new ResizeObserver(() => {
    try {
      if (window.frameElement) window.frameElement.style.height = main.offsetHeight + 2 + "px";
    } catch { /* another origin's frame keeps its own height */ }
  }).observe(main);
}

export function startLens() {
  const {texts, ...data} = JSON.parse(document.getElementById("data").textContent);
  const main = document.querySelector("main");
  document.title = data.title;
  makeLens(main, {texts: texts.lens, names: texts.names}).start(data);
  growFrame(main);
}
