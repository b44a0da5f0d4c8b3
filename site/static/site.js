// What scrolls sideways in its own box can be scrolled from the keyboard.
const boxes = "pre, div.output, div.math, mjx-container, .table-wrapper, table.docutils";
const reachable = () => {
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
};
addEventListener("load", reachable);
addEventListener("resize", reachable);
