// data-autosubmit on a GET form: a choice applies at once; the button for it without JavaScript steps back.
for (const button of document.querySelectorAll("[data-autosubmit-button]")) button.hidden = true;
document.addEventListener("change", (event) => {
  const choice = event.target.closest("select, [type=checkbox], [type=radio]");
  choice?.closest("form[data-autosubmit]")?.requestSubmit();
});
