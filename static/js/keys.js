// The console's keyboard. A key belongs to a button or link that carries data-key, and does what a click on it does;
// 1 to 9 choose the options of select[data-key-digits]. J and K open the next and the previous link of [data-list]; in
// data-list="focus", a table with more to do in each row, they move the focus alone. Keys rest while somebody types,
// can be switched off on this device, and are listed by "?".
const OFF = "keys-off";
const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const list = () => [...document.querySelectorAll("[data-list] a[href]")];
const inTable = () => document.querySelector('[data-list="focus"]');
const shown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
const keyed = () => [...document.querySelectorAll("[data-key]")];
const owner = (key) => keyed().find((element) => element.dataset.key === key && shown(element) && !element.disabled);

const spoken = (key) => key === "mod+enter" ? "Control+Enter" : key.toUpperCase();
const announce = () => {
  document.documentElement.classList.toggle("keys-on", !off());
  for (const element of keyed()) {
    if (off()) element.removeAttribute("aria-keyshortcuts");
    else if (element.dataset.key.length !== 3) element.setAttribute("aria-keyshortcuts", spoken(element.dataset.key));
  }
};

const step = (by) => {
  const links = list();
  if (inTable()) {
    const row = document.activeElement.closest("tr");
    const at = row ? links.findIndex((link) => row.contains(link)) : -1;
    links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
    return;
  }
  const here = links.findIndex((link) => link.matches("[aria-current]"));
  links[Math.min(Math.max(here + by, 0), links.length - 1)]?.click();
};

const chooseReason = (index) => {
  const reasons = [...document.querySelectorAll("select[data-key-digits]")].find(shown);
  if (!reasons?.options[index]) return;
  reasons.selectedIndex = index;
  reasons.dispatchEvent(new Event("change", {bubbles: true}));
};

const help = () => {
  const place = document.querySelector("[data-keys-list]");
  if (!place) return;
  const rows = [["J", place.dataset.next], ["K", place.dataset.previous]];
  const seen = new Set();
  for (const element of keyed()) {
    if (seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    const words = element.dataset.keyLabel ?? (element.querySelector("span") ?? element).textContent;
    rows.push([element.dataset.key.replace("mod+enter", "Ctrl ↵").toUpperCase(), words.trim()]);
  }
  if (document.querySelector("select[data-key-digits]")) rows.push(["1–9", place.dataset.digits]);
  rows.push(["Esc", place.dataset.back]);
  place.replaceChildren(...rows.flatMap(([key, words]) => {
    const [term, description, cap] = ["dt", "dd", "kbd"].map((tag) => document.createElement(tag));
    term.textContent = words;
    cap.textContent = key;
    description.append(cap);
    return [term, description];
  }));
};

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
let before = "";
document.addEventListener("keydown", (event) => {
  if (off() || event.altKey || event.defaultPrevented || event.isComposing) return;
  const typing = event.target.closest(TYPING);
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest("form");
    const button = form ? form.querySelector("[type=submit]") : owner("mod+enter");
    if (button) { event.preventDefault(); button.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    (document.querySelector("[data-list] [aria-current]") ?? list()[0])?.focus();
    return;
  }
  if (typing || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const pair = before && owner(`${before} ${key}`);
  before = key === "g" && !pair ? "g" : "";
  const target = pair || owner(key);
  if (!target && /^[1-9]$/.test(key)) chooseReason(key - 1);
  if (!target && key !== "j" && key !== "k") return;
  event.preventDefault();
  if (target?.matches("input, textarea, select")) target.focus();
  else if (target) {
    target.click();
    if (target.matches("summary")) target.focus(); // Tab goes on into what it opened; digits work at once
  } else step(key === "j" ? 1 : -1);
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-open="keys-help"]')) help();
});
for (const toggle of document.querySelectorAll("[data-keys-switch]")) {
  toggle.checked = !off();
  toggle.addEventListener("change", () => {
    try { localStorage.setItem(OFF, toggle.checked ? "0" : "1"); } catch { /* keys stay as they are */ }
    announce();
  });
}
announce();
new MutationObserver(announce).observe(document.body, {childList: true, subtree: true}); // toasts, swapped parts
