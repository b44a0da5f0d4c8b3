// The explorer: what is said and how it sounds is edited, and prediction and map follow. It is the same in JupyterLab,
// where a kernel answers, and on a page that holds its answers.
import {fillList, furnish, localDigits, makeLens, namer, speaker} from "./lens.js";

const EXPLORER_MARKUP = `
<h1 data-say="title"></h1>
<p class="intro"><span data-say="intro"></span> <span data-say="spoken_language"></span></p>
<div class="controls">
  <label><span data-say="utterance"></span> <select id="utterance"></select></label>
  <label><span data-say="model"></span> <select id="model"></select></label>
</div>
<fieldset><legend data-say="words_part"></legend>
  <div class="line"><label class="wide"><span data-say="transcript"></span>
    <input type="text" id="text" lang="en" spellcheck="false" autocomplete="off"></label></div>
  <div class="line"><div id="swaps" role="group" data-label="swaps_label"></div>
    <label class="check"><input type="checkbox" id="blanked"> <span data-say="blanked_box"></span></label></div>
</fieldset>
<fieldset id="sound"><legend data-say="sound_part"></legend>
  <div class="line">
    <label class="check"><input type="checkbox" id="muted"> <span data-say="muted_box"></span></label>
    <label><span data-say="pitch_word"></span> <select id="pitch_word"></select></label>
    <label><span id="semitones_text"></span> <input type="range" id="semitones" data-label="semitones_label"></label>
  </div>
  <div class="line">
    <button type="button" class="plain" id="record" aria-pressed="false"></button>
    <label><span data-say="file"></span> <input type="file" id="file" accept="audio/*,video/*"></label>
  </div>
</fieldset>
<p class="why" id="why" hidden></p>
<div class="line"><button type="button" class="plain" id="reset" data-say="reset"></button></div>
<p id="status" role="status"></p>
<p id="refusal" role="alert" hidden></p>
<h2 data-say="prediction_part"></h2>
<p id="prediction" aria-live="polite"></p>
<ul id="classes" data-label="classes_label"></ul>
<div id="notes"></div>
<h2 data-say="map_part"></h2>
<div id="lens"></div>`;

const PAUSE_MS = 350;  // after the last key, until typed words are sent
const PATIENCE_MS = 300;  // until the reader is told that the model is at work
const NAMED = ["reading", "shown"];  // values of notes that are names; others are a reader's own words

// host: {live, ask(state) -> Promise of an answer, hear(bytes, name, text) -> Promise, where it is live}
// choices: {utterances, texts, models, semitones: [lowest, highest, step], pitch_words, seconds}
export function makeExplorer(place, {texts, choices, host}) {
  const say = speaker(texts.explorer), name = namer(texts.names);
  const shareText = x => localDigits(texts.page, (100 * x).toFixed(x < .0995 && x >= .0005 ? 1 : 0)) + " %";
  place.lang = texts.page.language;
  furnish(place, EXPLORER_MARKUP, say);
  const at = id => place.querySelector("#" + id);
  let state = {}, asked = 0, shown = null, typing, recorder;
  const lens = makeLens(at("lens"), {texts,
    onView: view => { state = {...state, ...view}; }, onReading: reading => change({reading})});

  const plain = () => ({text: choices.texts[state.utterance], muted: false, blanked: false, pitch_word: null, semitones: 0});
  const edited = () => Object.entries(plain()).some(([key, value]) => key !== "pitch_word" && state[key] !== value);

  // A page without a kernel holds one change at a time: what was changed before is taken back.
  function edit(patch) {
    if (host.live) return change(patch);
    const had = edited(), only = {...plain(), ...patch};
    const kept = Object.keys(plain()).some(key => !(key in patch) && state[key] !== only[key]);
    return change(only, had && kept ? say("one_change") : "");
  }

  async function change(patch, told = "") {
    state = {...state, ...patch};
    await follow(() => host.ask(state), told);
  }

  async function follow(ask, told) {
    const number = ++asked, patience = setTimeout(() => tell(say("computing")), PATIENCE_MS);
    try {
      const answer = await ask();
      if (number === asked) show(answer, told);  // an older answer that comes late is not shown
    } catch (error) {
      if (number === asked) refuse(error);
    } finally {
      clearTimeout(patience);
    }
  }

  const tell = text => { at("status").textContent = text; };

  function refuse(error) {
    tell("");
    at("refusal").textContent = error.refusal ? say("refusal", error.refusal) : say(error.message);
    at("refusal").hidden = false;
  }

  function show(answer, told = "") {
    if (answer.refusal) return refuse(answer);
    const fresh = shown !== answer.state.utterance;
    if (answer.choices) Object.assign(choices, answer.choices);
    state = answer.state;
    shown = state.utterance;
    at("refusal").hidden = true;
    tell(told);
    showControls(answer);
    showPrediction(answer);
    lens.want({name: state.reading, direction: state.direction, head: state.head});
    if (fresh) lens.start(answer.lens);
    else lens.show(answer.lens);
  }

  function showControls(answer) {
    fillList(at("utterance"), choices.utterances, id => `${name(id)}: ${choices.texts[id]}`, state.utterance);
    fillList(at("model"), choices.models, name, state.model);
    if (place.getRootNode().activeElement !== at("text")) at("text").value = state.text;
    at("blanked").checked = state.blanked;
    at("muted").checked = state.muted;
    showSwaps(answer.swaps);
    const tokens = answer.lens.tokens, words = choices.pitch_words?.[state.utterance] ?? tokens.map((_, i) => i);
    fillList(at("pitch_word"), ["", ...words.map(String)], i => i === "" ? say("no_pitch") : tokens[i],
             state.pitch_word === null ? "" : String(state.pitch_word));
    at("semitones").value = state.semitones;
    at("semitones").disabled = state.pitch_word === null;
    showSemitones();
    at("reset").disabled = !edited();
  }

  function showSemitones() {
    const value = Number(at("semitones").value), signed = (value > 0 ? "+" : "") + value;
    at("semitones_text").textContent = say("semitones", {value: signed});
    at("semitones").setAttribute("aria-valuetext", signed);
  }

  function showSwaps(swaps) {
    const group = at("swaps"), focus = [...group.children].indexOf(place.getRootNode().activeElement);
    group.replaceChildren(...swaps.map(([before, after, text]) => {
      const button = Object.assign(document.createElement("button"),
                                   {type: "button", className: "plain", lang: "en", textContent: say("swap", {old: before, new: after})});
      button.addEventListener("click", () => edit({text}));
      return button;
    }));
    if (!swaps.length) group.append(Object.assign(document.createElement("span"), {className: "why", textContent: say("no_swaps")}));
    if (focus >= 0) (group.children[Math.min(focus, swaps.length - 1)] ?? at("text")).focus();
  }

  function showPrediction(answer) {
    const best = list => list.reduce((a, b) => b[1] > a[1] ? b : a);
    const [label, share] = best(answer.probabilities), [was, share0] = best(answer.before), lines = [];
    lines.push(say("predicted", {label: name(label), share: shareText(share)}));
    if (edited()) lines.push(say("before", {label: name(was), share: shareText(share0)}));
    if (answer.rule) lines.push(say("rule", {label: name(answer.rule)}));
    at("prediction").textContent = lines.join(" ");
    const then = Object.fromEntries(answer.before);
    at("classes").replaceChildren(...answer.probabilities.map(([one, p]) => {
      const item = document.createElement("li"), track = document.createElement("span");
      const part = (className, text) => Object.assign(document.createElement("span"), {className, textContent: text});
      item.className = one === label ? "first" : "";
      const now = part("now", ""), mark = part("then", "");
      track.className = "track";
      now.style.width = `${100 * p}%`;
      mark.style.left = `${100 * then[one]}%`;
      mark.title = say("then_title", {share: shareText(then[one])});
      mark.hidden = !edited();
      track.append(now, mark);
      item.append(part("", name(one)), track, part("share", shareText(p)));
      return item;
    }));
    at("notes").replaceChildren(...answer.notes.map(([key, values]) => Object.assign(document.createElement("p"),
      {className: "why", textContent: say(key, Object.fromEntries(Object.entries(values).map(([k, v]) => [k, NAMED.includes(k) ? name(v) : v])))})));
  }

  async function record() {
    if (recorder) return recorder.stop();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({audio: true});
    } catch {
      return refuse({message: "no_microphone"});
    }
    const pieces = [];
    recorder = new MediaRecorder(stream);
    const limit = setTimeout(() => recorder?.stop(), 1000 * choices.seconds);
    recorder.addEventListener("dataavailable", event => pieces.push(event.data));
    recorder.addEventListener("stop", async () => {
      clearTimeout(limit);
      for (const track of stream.getTracks()) track.stop();
      recorder = null;
      showRecorder();
      await hear(new Blob(pieces));
    });
    recorder.start();
    showRecorder();
    tell(say("recording", {seconds: choices.seconds}));
  }

  function showRecorder() {
    at("record").textContent = say(recorder ? "stop" : "record");
    at("record").setAttribute("aria-pressed", String(Boolean(recorder)));
  }

  async function hear(blob) {
    const bytes = await blob.arrayBuffer();
    await follow(() => host.hear(bytes, blob.name ?? "", state), say("received"));
  }

  function listen() {
    at("utterance").addEventListener("change", () => {
      state = {...state, utterance: at("utterance").value};
      at("text").blur();
      change(plain());
    });
    at("model").addEventListener("change", () => change({model: at("model").value}));
    at("muted").addEventListener("change", () => edit({muted: at("muted").checked}));
    at("blanked").addEventListener("change", () => edit({blanked: at("blanked").checked}));
    at("pitch_word").addEventListener("change", () => {
      const word = at("pitch_word").value;
      const step = Number(at("semitones").max);
      edit(word === "" ? {pitch_word: null, semitones: 0}
                       : {pitch_word: Number(word), semitones: state.semitones || (host.live ? 0 : step)});
    });
    at("semitones").addEventListener("input", showSemitones);
    at("semitones").addEventListener("change", () =>
      edit({pitch_word: state.pitch_word, semitones: Number(at("semitones").value)}));
    at("reset").addEventListener("click", () => { at("utterance").focus(); at("text").value = plain().text; change(plain()); });
    if (host.live) listenToVoice();
  }

  function listenToVoice() {
    const send = () => { clearTimeout(typing); if (at("text").value !== state.text) typed(); };
    const typed = () => change({text: at("text").value, pitch_word: null, semitones: 0});
    at("text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(send, PAUSE_MS); });
    at("text").addEventListener("change", send);
    at("record").addEventListener("click", record);
    at("file").addEventListener("change", () => { if (at("file").files[0]) hear(at("file").files[0]); });
    const over = on => event => { event.preventDefault(); place.classList.toggle("dropping", on); };
    place.addEventListener("dragover", over(true));
    place.addEventListener("dragleave", over(false));
    place.addEventListener("drop", event => {
      over(false)(event);
      if (event.dataTransfer.files[0]) hear(event.dataTransfer.files[0]);
    });
  }

  const [lowest, highest, step] = choices.semitones;
  Object.assign(at("semitones"), {min: lowest, max: highest, step});
  showRecorder();
  if (!host.live) {
    for (const id of ["text", "record", "file"]) {
      at(id).disabled = true;
      at(id).setAttribute("aria-describedby", "why");
    }
    at("why").textContent = say("why_static");
    at("why").hidden = false;
  }
  listen();
  return {show, change, remove: lens.remove};
}
