// The explorer in JupyterLab (anywidget): the kernel answers. It lives in a shadow tree, so that neither Jupyter's style
// nor that of a second explorer reaches it. STYLE is put before this file.
import {makeExplorer} from "./explorer.js";

const SILENCE_MS = 60000;  // after which a kernel is given up

function render({model, el}) {
  const host = el.appendChild(document.createElement("div")), tree = host.attachShadow({mode: "open"});
  host.className = "mcsan-explorer";
  host.dataset.lmSuppressShortcuts = "true";  // typed letters are no commands of JupyterLab
  for (const kind of ["keydown", "keyup", "keypress"]) host.addEventListener(kind, event => event.stopPropagation());
  tree.appendChild(document.createElement("style")).textContent = STYLE;
  const main = tree.appendChild(document.createElement("div")), waiting = new Map();
  main.className = "mcsan";
  let number = 0;

  const theme = () => {
    const light = document.body.dataset.jpThemeLight;
    if (light) main.dataset.theme = light === "true" ? "light" : "dark";
  };
  theme();
  const themes = new MutationObserver(theme);
  themes.observe(document.body, {attributes: true, attributeFilter: ["data-jp-theme-light"]});

  const request = (content, buffers) => new Promise((resolve, reject) => {
    const mine = `${Date.now()}-${++number}`;
    const limit = setTimeout(() => { waiting.delete(mine); reject(new Error("lost")); }, SILENCE_MS);
    waiting.set(mine, answer => { clearTimeout(limit); resolve(answer); });
    model.send({...content, number: mine}, undefined, buffers);
  });
  const ask = state => request({kind: "ask", state});
  const hear = (bytes, name, state) => request({kind: "hear", name, state}, [bytes]);
  const explorer = makeExplorer(main, {texts: model.get("texts"), choices: {...model.get("choices")}, host: {live: true, ask, hear}});

  const receive = answer => {
    const resolve = waiting.get(answer.number);
    waiting.delete(answer.number);
    if (resolve) resolve(answer);
  };
  const follow = () => explorer.show(model.get("answer"));  // set in Python
  model.on("msg:custom", receive);
  model.on("change:answer", follow);
  follow();
  return () => {
    model.off("msg:custom", receive);
    model.off("change:answer", follow);
    themes.disconnect();
    explorer.remove();
  };
}

export default {render};
