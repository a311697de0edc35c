// data-draft="key" on a form: what is typed is kept on this device until it is saved, through errors, time-outs and going offline.
// Never kept: passwords, files, hidden fields and anything marked data-secret. Signing out (data-forget-drafts) forgets all of it.
const PREFIX = "draft:", SENT = "draft-sent", KEPT_MS = 7 * 24 * 3600 * 1000;

const store = {
  read: (key) => { try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; } },
  write: (key, fields) => { try { localStorage.setItem(PREFIX + key, JSON.stringify({at: Date.now(), fields})); } catch { /* full or forbidden: nothing is kept */ } },
  drop: (key) => { try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ } },
  keys: () => { try { return Object.keys(localStorage).filter((k) => k.startsWith(PREFIX)).map((k) => k.slice(PREFIX.length)); } catch { return []; } },
};

const fieldsOf = (form) => [...form.elements].filter((field) =>
  field.name && !field.disabled && !field.matches("button, [type=hidden], [type=password], [type=file], [type=submit], [data-secret], [autocomplete=one-time-code]"));
const nameOf = (field) => /^(checkbox|radio)$/.test(field.type) ? `${field.name}=${field.value}` : field.name;
const valueOf = (field) => /^(checkbox|radio)$/.test(field.type) ? field.checked : field.value;
const servedValueOf = (field) => {
  if (/^(checkbox|radio)$/.test(field.type)) return field.defaultChecked;
  if (field.options) return [...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0]?.value;
  return field.defaultValue;
};

const keep = (form) => {
  const changed = fieldsOf(form).filter((field) => valueOf(field) !== servedValueOf(field));
  if (!changed.length) { store.drop(form.dataset.draft); return; }
  store.write(form.dataset.draft, Object.fromEntries(changed.map((field) => [nameOf(field), {was: servedValueOf(field), is: valueOf(field)}])));
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

// After a form was sent, the next page tells whether it was saved: an ordinary page, without that form's errors, has it.
const settle = () => {
  let sent = null;
  try { sent = sessionStorage.getItem(SENT); sessionStorage.removeItem(SENT); } catch { return; }
  const form = sent && document.querySelector(`form[data-draft="${CSS.escape(sent)}"]`);
  const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  const refused = document.querySelector("[data-keep-drafts]") || !document.querySelector(".app") || form?.querySelector("[aria-invalid=true], [data-s=bad]");
  if (sent && arrived && !refused) store.drop(sent);
};

settle();
for (const key of store.keys()) if (!(Date.now() - store.read(key)?.at < KEPT_MS)) store.drop(key);
for (const form of document.querySelectorAll("form[data-draft]")) {
  restore(form);
  form.addEventListener("input", () => keep(form));
  form.addEventListener("change", () => keep(form));
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    keep(form);
    try { sessionStorage.setItem(SENT, form.dataset.draft); } catch { /* then the draft is kept for a week */ }
  });
}
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-forget-drafts]")) store.keys().forEach(store.drop);
});
