// data-paste="id": puts the copied address into that field. Shown only where the browser lets a page ask.
for (const button of document.querySelectorAll("[data-paste]")) button.hidden = !navigator.clipboard?.readText;
document.addEventListener("click", async (event) => {
  const field = document.getElementById(event.target.closest("[data-paste]")?.dataset.paste);
  if (!field) return;
  const text = await navigator.clipboard.readText().catch(() => "");
  if (text) field.value = text.trim();
  field.focus();
  field.dispatchEvent(new Event("input", {bubbles: true}));
  field.dispatchEvent(new Event("change", {bubbles: true}));
});
