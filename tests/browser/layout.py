"""Measures on a page as it is drawn: what sticks out, what lies over something else."""

from __future__ import annotations

from playwright.sync_api import Page


def overhanging(page: Page) -> str:
    """What makes the page scroll sideways; empty when nothing does."""
    found: str = page.evaluate(
        """() => {
          const root = document.documentElement, width = Math.min(root.clientWidth, screen.width);
          if (root.scrollWidth <= width) return "";
          const sticksOut = (element) => element.getBoundingClientRect().right > width + 1;
          const out = [...document.body.querySelectorAll("*")].filter(sticksOut).slice(0, 5);
          return `${root.scrollWidth} px: ` + out.map((element) => element.outerHTML.slice(0, 120)).join(" | ");
        }"""
    )
    return found


def overlapping(page: Page) -> str:
    """Lines of text that lie over each other; empty when none do. What floats on purpose is left out."""
    found: str = page.evaluate(_OVERLAPPING)
    return found


_OVERLAPPING = """() => {
  const outwards = function* (element) { for (let at = element; at; at = at.parentElement) yield at; };
  const floats = (element) => [...outwards(element)].some((at) =>
    ["fixed", "sticky"].includes(getComputedStyle(at).position) || at.matches("dialog, .vh, .skip"));
  const drawn = (element, line) => {  // less what the boxes around it cut off
    const box = {left: line.left, top: line.top, right: line.right, bottom: line.bottom};
    for (const at of outwards(element)) {
      if (getComputedStyle(at).overflow === "visible") continue;
      const around = at.getBoundingClientRect();
      box.left = Math.max(box.left, around.left); box.right = Math.min(box.right, around.right);
      box.top = Math.max(box.top, around.top); box.bottom = Math.min(box.bottom, around.bottom);
    }
    return box;
  };
  const lines = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, element = text.parentElement, words = text.data.trim();
    if (!words || !element.checkVisibility({visibilityProperty: true}) || floats(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) lines.push({text, words, box: drawn(element, line)});
  }
  const over = ({box: a}, {box: b}) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6;
  const found = [];
  for (const [place, one] of lines.entries())
    for (const other of lines.slice(place + 1))
      if (one.text !== other.text && over(one, other)) found.push(`${one.words} × ${other.words}`);
  return found.slice(0, 5).join(" | ");
}"""
