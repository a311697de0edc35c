// data-draft="key" on a form: what is typed is kept on this device until it is saved, through errors, time-outs and
// going offline. Never kept: passwords, files, hidden fields, anything marked data-secret. Signing out forgets it all
// (data-forget-drafts on that form).
const PREFIX = "draft:", SENT = "draft-sent", KEPT_MS = 7 * 24 * 3600 * 1000;

// Storage may be full, forbidden or damaged: then nothing is kept, and nothing breaks.
const quietly = (act) => { try { return act(); } catch { return null; } };
const store = {
  read: (key) => quietly(() => JSON.parse(localStorage.getItem(PREFIX + key))),
  write: (key, fields) => quietly(() =>
    localStorage.setItem(PREFIX + key, JSON.stringify({at: Date.now(), fields}))),
  drop: (key) => quietly(() => localStorage.removeItem(PREFIX + key)),
  keys: () => quietly(() => Object.keys(localStorage))?.filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length)) ?? [],
};

const NEVER = "button, [type=hidden], [type=password], [type=file], [type=submit], [data-secret], "
  + "[autocomplete=one-time-code]";
const ticked = (field) => field.type === "checkbox" || field.type === "radio";
const fieldsOf = (form) => [...form.elements].filter((field) =>
  field.name && !field.disabled && !field.matches(NEVER));
const nameOf = (field) => ticked(field) ? `${field.name}=${field.value}` : field.name;
const valueOf = (field) => ticked(field) ? field.checked : field.value;
const servedValueOf = (field) => {
  if (ticked(field)) return field.defaultChecked;
  if (!field.options) return field.defaultValue;
  const options = [...field.options];
  return (options.find((option) => option.defaultSelected) ?? options[0])?.value;
};

// A check's answer inside a form is no refusal of it.
const isRefused = (form) => form?.querySelector("[aria-invalid=true], .note[data-s=bad]");

// A page that came back with errors, or as a preview, shows what was typed, not what is saved: its draft goes on from
// where it began.
const keep = (form) => {
  const begun = isRefused(form) || form.matches("[data-keep-drafts]") ? store.read(form.dataset.draft)?.fields ?? {} : {};
  const savedValueOf = (field) => begun[nameOf(field)]?.was ?? servedValueOf(field);
  const changed = fieldsOf(form).filter((field) => valueOf(field) !== savedValueOf(field));
  if (!changed.length) { store.drop(form.dataset.draft); return; }
  store.write(form.dataset.draft, Object.fromEntries(
    changed.map((field) => [nameOf(field), {was: savedValueOf(field), is: valueOf(field)}])));
};

// A value comes back only where the server still shows what it showed when the person typed: a newer saved text wins.
const restore = (form) => {
  const kept = store.read(form.dataset.draft)?.fields ?? {};
  for (const field of fieldsOf(form)) {
    const draft = kept[nameOf(field)];
    if (!draft || draft.was !== servedValueOf(field) || valueOf(field) !== draft.was) continue;
    if (typeof draft.is === "boolean") field.checked = draft.is;
    else field.value = draft.is;
    field.dispatchEvent(new Event("input", {bubbles: true}));
  }
};

// After a form was sent, the page it led to tells whether it was saved: an ordinary page, without that form's errors,
// has it. A page reached otherwise (after somebody else's error page, say) tells nothing, and the draft is kept.
const settle = () => {
  const sent = quietly(() => JSON.parse(sessionStorage.getItem(SENT)));
  if (!sent) return;
  sessionStorage.removeItem(SENT);
  const form = document.querySelector(`form[data-draft="${CSS.escape(sent.key)}"]`);
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  const arrived = kind === "navigate" && document.referrer === sent.from;
  const refused = !document.querySelector(".app") || document.querySelector("[data-keep-drafts]")
    || isRefused(form);
  if (arrived && !refused) store.drop(sent.key);
};

settle();
const expired = (key) => !(Date.now() - store.read(key)?.at < KEPT_MS);
store.keys().filter(expired).forEach(store.drop);
for (const form of document.querySelectorAll("form[data-draft]")) {
  restore(form);
  form.addEventListener("input", () => keep(form));
  form.addEventListener("change", () => keep(form));
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    keep(form);
    const sent = {key: form.dataset.draft, from: location.href.split("#")[0]};
    quietly(() => sessionStorage.setItem(SENT, JSON.stringify(sent)));
  });
}
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-forget-drafts]")) store.keys().forEach(store.drop);
});
