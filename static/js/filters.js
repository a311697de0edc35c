// data-autosubmit on a GET form: a choice applies at once; the button that does it without JavaScript steps back.
for (const button of document.querySelectorAll("[data-autosubmit-button]")) button.hidden = true;
document.addEventListener("change", (event) => {
  if (event.target.matches("select, [type=checkbox], [type=radio]")) event.target.closest("form[data-autosubmit]")?.requestSubmit();
});
