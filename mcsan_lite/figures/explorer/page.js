// What starts a page without a kernel: a word lens alone, or the explorer with the answers that lie in the page.
import {makeExplorer} from "./explorer.js";
import {makeLens} from "./lens.js";

// In a notebook: the frame grows with its page.
function growFrame(main) {
  new ResizeObserver(() => {
    try {
      if (!window.frameElement) return;
      window.frameElement.style.height = main.offsetHeight + 2 + "px";
      document.documentElement.style.overflowY = "hidden";  // nothing is left to scroll to
    } catch { /* another origin's frame keeps its own height */ }
  }).observe(main);
}

export function startLens() {
  const {texts, ...data} = JSON.parse(document.getElementById("data").textContent);
  const main = document.querySelector("main");
  document.title = data.title;
  makeLens(main, {texts}).start(data);
  growFrame(main);
}

// The text of base64 of gzip.
async function unpacked(coded) {
  const packed = new Blob([Uint8Array.from(atob(coded), c => c.charCodeAt(0))]);
  return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

// What names an answer in the page: what was set, without what only chooses among its views.
const answerKey = s => [s.utterance, s.model, s.text, s.muted ? "muted" : "", s.blanked ? "blanked" : "",
                        s.semitones ? `${s.pitch_word}:${s.semitones}` : ""].join("|");

export async function startTwin() {
  const {texts, choices, title, first, packed} = JSON.parse(document.getElementById("data").textContent);
  const {answers, sounds} = JSON.parse(await unpacked(packed)), main = document.querySelector("main");
  document.title = title;
  const ask = async state => {
    const held = answers[answerKey(state)];
    if (!held) throw new Error("no_answer");
    const shown = {reading: state.reading, direction: state.direction, head: state.head};
    return {...held, state: {...held.state, ...shown}, lens: {...held.lens, ...sounds[held.lens.sound]}};
  };
  const explorer = makeExplorer(main, {texts, choices, host: {live: false, ask}});
  explorer.show(await ask(first));
  growFrame(main);
}
