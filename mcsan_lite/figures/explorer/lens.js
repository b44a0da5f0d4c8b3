// The word lens: a word is picked, and the sound that it looks at lights up. It fills a place on a page of its own,
// in the explorer's page, and in JupyterLab. In: an element, the texts in the reader's language, and, by `show`, one
// utterance with its views. Every text goes in as text, never as HTML.

const CIVIDIS = [[0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120], [155, 148, 118], [188, 174, 108],
                 [222, 201, 88], [254, 232, 56]];
const WAVE = 116, BARS = 46, HEAD = 20, FOOT = 20;  // heights in px

const LENS_MARKUP = `
<h1></h1>
<div class="controls">
  <label><span data-say="reading"></span> <select id="name"></select></label>
  <label><span data-say="direction"></span> <select id="direction"></select></label>
  <label><span data-say="head"></span> <select id="head"></select></label>
  <label class="check"><input type="checkbox" id="auto" checked> <span data-say="auto"></span></label>
</div>
<div id="words" role="listbox" data-label="words" aria-orientation="horizontal"></div>
<svg id="picture" role="img" aria-labelledby="description"></svg>
<div class="legend"><span>0</span><span class="scale"></span><span id="top"></span></div>
<p id="description" aria-live="polite"></p>
<div class="player"><button id="slice" class="plain" type="button"></button>
  <audio controls preload="auto" data-label="whole"></audio></div>
<details><summary data-say="numbers"></summary><div class="scroll" tabindex="0" role="region" data-label="per_frame"><table>
  <thead><tr><th data-say="seconds"></th><th id="unit"></th></tr></thead><tbody></tbody></table></div></details>
<p class="caveat" data-say="caveat"></p>`;

const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

// A function that gives a text by its key, with values in the places of {names}.
export function speaker(texts) {
  return (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A function that gives the name of a reading, class or model in the reader's language. What has no name there, such as a
// class of a corpus of one's own, stays as it is.
export function namer(names) {
  const part = given => names[given] ?? names[given.replace(/\d+/, "{number}")]?.replace("{number}", given.match(/\d+/)) ?? given;
  return given => names[given] ?? given.split(", ").map(part).join(", ");
}

// Digits as the reader's language writes them, with its decimal mark.
export const localDigits = (page, digits) => digits.replace(".", page.decimal_mark);

// Put markup of our own into a place, and the texts into the markup.
export function furnish(place, markup, say) {
  place.innerHTML = markup;
  for (const one of place.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const one of place.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
}

export function fillList(list, values, text, chosen) {
  list.replaceChildren(...values.map(value => Object.assign(document.createElement("option"),
                                                            {value, textContent: text(value)})));
  list.value = values.includes(chosen) ? chosen : values[0];
  list.disabled = values.length < 2;
}

function colour(x) {
  const i = Math.min(7, Math.floor(x * 8)), part = x * 8 - i;
  return `rgb(${CIVIDIS[i].map((low, c) => Math.round(low + part * (CIVIDIS[i + 1][c] - low)))})`;
}

function svg(tag, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

// texts: all of one language. onPick(word), onView({reading, direction, head}): told of what the
// reader chose. onReading(name): asked for a reading that is named in data.readings but has no view yet.
export function makeLens(place, {texts, onPick = () => {}, onView = () => {}, onReading = () => {}}) {
  const say = speaker(texts.lens), name = namer(texts.names), local = digits => localDigits(texts.page, digits);
  const secondsText = t => local(t.toFixed(2)) + " s";
  const percentText = x => local((100 * x).toFixed(x < .0995 ? 1 : 0)) + " %";
  place.lang = texts.page.language;
  furnish(place, LENS_MARKUP, say);
  const at = id => place.querySelector("#" + id), audio = place.querySelector("audio");
  let data, frames, seconds, half, edges, wave, drawn, view, word = 0, until = Infinity;
  const wanted = {name: null, direction: null, head: null};

  function show(given) {
    const fresh = !data || data.audio !== given.audio;
    data = given;
    frames = data.times.length;
    seconds = data.seconds;
    half = frames > 1 ? (data.times[frames - 1] - data.times[0]) / (frames - 1) / 2 : seconds / 2;
    edges = [...data.times.map((t, i) => i ? (t + data.times[i - 1]) / 2 : 0), Math.min(seconds, data.times[frames - 1] + half)];
    wave = new Int8Array(bytesOf(data.wave).buffer);
    for (const one of data.views)
      one.scores = Float32Array.from(bytesOf(one.rows), q => one.low + q / 255 * (one.high - one.low));
    word = Math.min(word, data.tokens.length - 1);
    place.querySelector("h1").textContent = data.title;
    place.querySelector("h1").hidden = !data.title;
    if (fresh) audio.src = data.audio;
    showWords();
    draw();
    choose();
  }

  function start(given) {  // a new utterance: the decisive word is picked, where it is known
    word = given.truth ? given.truth[0] : 0;
    show(given);
  }

  function showWords() {
    at("words").replaceChildren(...data.tokens.map((token, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.lang = "en";  // the words of all corpora here
      button.append(token, document.createElement("i"));
      button.setAttribute("role", "option");
      if (data.truth && data.truth[0] === i) {
        button.className = "decides";
        button.title = say("decides_title");
      }
      button.addEventListener("click", () => pick(i, true));
      return button;
    }));
  }

  const number = x => view.shares ? percentText(x) : local(Number(x.toPrecision(2)).toString());
  const row = () => view.direction === "utterance" ? view.scores : view.scores.subarray(word * frames, (word + 1) * frames);
  const strength = score => view.high > 0 ? Math.max(0, score) / view.high : 0;  // one scale for all words of a view

  function found() {  // the peak, and how far around it the score stays at half of it: that stretch is played
    const scores = row(), peak = scores.indexOf(Math.max(...scores));
    let first = peak, last = peak;
    while (first > 0 && scores[first - 1] >= scores[peak] / 2) first--;
    while (last < frames - 1 && scores[last + 1] >= scores[peak] / 2) last++;
    return {scores, peak, any: scores[peak] > 0, first, last,
            start: Math.max(0, data.times[first] - 2 * half), end: Math.min(seconds, data.times[last] + 2 * half)};
  }

  function describe({scores, peak, any, start, end}) {
    const word_ = data.tokens[word], when = secondsText(data.times[peak]), share = number(scores[peak]), lines = [];
    if (!any) lines.push(say(view.direction === "utterance" ? "none" : "none_for_word", {word: word_}));
    else if (view.direction === "utterance") lines.push(say("highest_of_all", {when, share}));
    else if (!view.shares) lines.push(say("highest_of_word", {word: word_, when, share}));
    else if (view.direction === "text_from_audio")
      lines.push(say("looks_most", {word: word_, when, share, even: number(1 / frames)}));
    else lines.push(say("looked_at_most", {word: word_, when, share, even: number(1 / data.tokens.length)}));
    if (any) lines.push(say("around", {start: secondsText(start), end: secondsText(end)}));
    const low = scores.indexOf(Math.min(...scores));
    if (scores[low] < 0) lines.push(say("lowest", {share: number(scores[low]), when: secondsText(data.times[low])}));
    if (view.words) {
      const top = view.words.indexOf(Math.max(...view.words));
      lines.push(say("top_word", {word: data.tokens[top], score: local(Number(view.words[top].toPrecision(2)).toString())}));
    }
    lines.push(...describeTruth(scores, peak));
    return lines.join(" ");
  }

  function describeTruth(scores, peak) {
    if (!data.truth || (data.truth[0] !== word && view.direction !== "utterance")) return [];
    const [decisive, from, to] = data.truth;
    const inside = data.times.map(t => t >= from && t < to);
    const share = scores.reduce((sum, score, i) => sum + (inside[i] ? score : 0), 0);
    const chance = (100 * inside.filter(x => x).length / frames).toFixed(0) + " %";
    const told = say(inside[peak] ? "truth_inside" : "truth_outside",
                     {word: data.tokens[decisive], start: secondsText(from), end: secondsText(to)});
    if (view.shares && view.direction === "text_from_audio")
      return [told, say("truth_share", {share: number(share), chance})];
    return [told, say("truth_chance", {chance})];
  }

  function draw() {  // what depends on the width alone
    const picture = at("picture"), width = Math.max(200, picture.clientWidth || picture.getBoundingClientRect().width);
    const x = t => t / seconds * width, height = HEAD + WAVE + BARS + FOOT;
    picture.replaceChildren();
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg("rect", {x: 0, y: HEAD, width, height: WAVE, rx: 4, fill: "#00224e"}, picture);
    const cells = data.times.map((_, i) => svg("rect", {class: "cell", x: x(edges[i]), y: HEAD, height: WAVE,
      width: Math.max(0, x(edges[i + 1]) - x(edges[i])) + .4}, picture));
    const waves = strokes(x, HEAD + WAVE / 2).map(d => svg("path", {d, stroke: "#9fb0cf",
      "stroke-width": Math.max(1, width / (wave.length / 2) * .7)}, picture));
    const floor = HEAD + WAVE + BARS;
    const bars = data.times.map((_, i) => svg("rect", {class: "bar", x: x(edges[i]) + .7,
      width: Math.max(1, x(edges[i + 1]) - x(edges[i]) - 1.4), fill: "var(--bar)"}, picture));
    svg("line", {x1: 0, x2: width, y1: floor, y2: floor, stroke: "var(--line)"}, picture);
    const even = svg("line", {x1: 0, x2: width, stroke: "var(--mark)", "stroke-dasharray": "4 4"}, picture);
    const step = [.1, .2, .5, 1, 2, 5].find(s => x(s) > 48) || 10;
    for (let t = 0; t < seconds; t += step)
      svg("text", {x: x(t), y: floor + 15, "text-anchor": t ? "middle" : "start"}, picture)
        .textContent = secondsText(t).replace(/0 s$/, " s");
    if (data.truth) box(x, width, picture);
    const slice = svg("rect", {y: HEAD + WAVE + 1, height: 4, rx: 2, fill: "var(--ring)"}, picture);
    const head = svg("line", {y1: HEAD, y2: HEAD + WAVE, stroke: "#fff", "stroke-width": 2, visibility: "hidden"}, picture);
    drawn = {x, width, cells, waves, bars, even, slice, head, floor};
  }

  function strokes(x, middle) {  // the waveform as one path per frame; the last: sound outside all frames
    const paths = Array.from({length: frames + 1}, () => ""), columns = wave.length / 2;
    for (let c = 0; c < columns; c++) {
      const t = (c + .5) / columns * seconds, i = edges.findIndex((edge, j) => t >= edge && t < edges[j + 1]);
      const y = v => (middle - v / 127 * (WAVE / 2 - 8)).toFixed(1);
      paths[i < 0 ? frames : i] += `M${x(t).toFixed(1)} ${y(wave[2 * c + 1] + 1)}V${y(wave[2 * c] - 1)}`;
    }
    return paths;
  }

  function box(x, width, picture) {  // around the decisive word
    const [decisive, from, to] = data.truth;
    for (const line of [{stroke: "#14171e", "stroke-width": 4}, {stroke: "#ff9d5c", "stroke-width": 2, "stroke-dasharray": "6 3"}])
      svg("rect", {x: x(from), y: HEAD, width: x(to - from), height: WAVE, fill: "none", ...line}, picture);
    const middle = x((from + to) / 2), anchor = middle < 70 ? "start" : middle > width - 70 ? "end" : "middle";
    svg("text", {class: "mark", x: {start: x(from), middle, end: x(to)}[anchor], y: HEAD - 8, "text-anchor": anchor},
        picture).textContent = "◆ " + data.tokens[decisive];
  }

  function light() {  // what depends on the word and the view
    const it = found(), tall = BARS - 8;
    it.scores.forEach((score, i) => {
      const part = strength(score);
      drawn.cells[i].setAttribute("fill", colour(part));
      drawn.waves[i].setAttribute("stroke", part < .55 ? "#e9eefb" : "#001b40");
      drawn.bars[i].setAttribute("height", part * tall);
      drawn.bars[i].setAttribute("y", drawn.floor - part * tall);
    });
    const even = 1 / (view.direction === "text_from_audio" ? frames : data.tokens.length);
    const evenIsDrawn = view.shares && view.direction !== "utterance";
    drawn.even.setAttribute("visibility", evenIsDrawn ? "visible" : "hidden");
    for (const end of ["y1", "y2"]) drawn.even.setAttribute(end, drawn.floor - strength(even) * tall);
    drawn.slice.setAttribute("visibility", it.any ? "visible" : "hidden");
    drawn.slice.setAttribute("x", drawn.x(it.start));
    drawn.slice.setAttribute("width", Math.max(0, drawn.x(it.end - it.start)));
    at("top").textContent = [say("scale", {top: number(Math.max(0, view.high))}), ...(evenIsDrawn ? [say("even_line")] : []),
                             ...(it.any ? [say("slice_line")] : [])].join(" · ");
    at("description").textContent = describe(it);
    at("slice").textContent = it.any ? say("play", {start: secondsText(it.start), end: secondsText(it.end)}) : say("no_play");
    at("slice").disabled = !it.any;
    at("unit").textContent = say(view.shares ? "unit_share" : "unit_score");
    place.querySelector("tbody").replaceChildren(...data.times.map((t, i) => {
      const line = document.createElement("tr");
      line.insertCell().textContent = local(t.toFixed(2));
      line.insertCell().textContent = number(it.scores[i]);
      return line;
    }));
    const top = view.words ? Math.max(...view.words) : 0;
    [...at("words").children].forEach((button, i) => {
      button.setAttribute("aria-selected", i === word);
      button.tabIndex = i === word ? 0 : -1;
      button.querySelector("i").style.width = top > 0 ? `${Math.max(0, view.words[i]) / top * 100}%` : "0";
    });
  }

  function play() {
    const it = found();
    if (!it.any) return;
    until = it.end;
    audio.currentTime = it.start;
    audio.play().then(follow, () => {});  // refused until the reader has touched the page; the player stays there
  }

  function stop() {
    if (audio.currentTime < until) return;
    audio.pause();
    until = Infinity;  // the player's own button plays on to the end
  }

  function follow() {
    const moving = !audio.paused && !audio.ended;
    stop();
    for (const end of ["x1", "x2"]) drawn.head.setAttribute(end, drawn.x(Math.min(seconds, audio.currentTime)));
    drawn.head.setAttribute("visibility", moving ? "visible" : "hidden");
    if (moving) requestAnimationFrame(follow);
  }

  function pick(index, focus) {
    word = Math.max(0, Math.min(data.tokens.length - 1, index));
    light();
    if (focus) at("words").children[word].focus();
    if (at("auto").checked) play();
    onPick(word);
  }

  function choose() {  // the view that the three lists name; what a list cannot give here is left out of it
    const fill = (id, views, text, more = []) => {
      const values = [...new Set([...views.map(one => String(one[id])), ...more])];
      fillList(at(id), values, text, String(wanted[id]));
      return views.filter(one => String(one[id]) === at(id).value);
    };
    let left = fill("name", data.views, name, data.readings ?? []);
    left = fill("direction", left, direction => say("direction_" + direction));
    const many = left.length > 1;
    [view] = fill("head", left, head => head === "null" ? say(many ? "mean_of_heads" : "all_heads")
                                                        : say("one_head", {number: Number(head) + 1}));
    light();
  }

  at("words").addEventListener("keydown", event => {
    const target = {ArrowRight: word + 1, ArrowDown: word + 1, ArrowLeft: word - 1, ArrowUp: word - 1, Home: 0,
                    End: data.tokens.length - 1}[event.key];
    if (target === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    pick(target, true);
  });
  for (const id of ["name", "direction", "head"])
    at(id).addEventListener("change", () => {
      wanted[id] = at(id).value;
      if (id === "name" && !data.views.some(one => one.name === wanted.name)) return onReading(wanted.name);
      choose();
      onView({reading: view.name, direction: view.direction, head: view.head});
    });
  at("slice").addEventListener("click", play);
  audio.addEventListener("play", () => { requestAnimationFrame(follow); });
  audio.addEventListener("timeupdate", stop);  // frames of animation rest in a hidden tab
  place.querySelector(".scale").style.background = `linear-gradient(90deg, ${CIVIDIS.map(c => `rgb(${c})`)})`;
  const watch = new ResizeObserver(() => {
    if (!data || Math.abs(at("picture").clientWidth - drawn.width) < 1) return;
    draw();
    light();
  });
  watch.observe(place);
  return {show, start, want: given => Object.assign(wanted, given), word: () => word, remove: () => watch.disconnect()};
}
