// data-copy="id" copies that element's text, data-copy-text="…" its own; then the button says what data-copied says.
const show = (root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy], [data-copy-text]")) button.hidden = false;
};
show(document);
document.addEventListener("htmx:after:swap", () => show(document));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(button.dataset.copyText ?? source.value ?? source.innerText);
  const words = button.querySelector("span") ?? button;
  if (!button.dataset.copied || button.dataset.before) return;
  button.dataset.before = words.textContent;
  words.textContent = button.dataset.copied;
  setTimeout(() => { words.textContent = button.dataset.before; delete button.dataset.before; }, 4000);
});
