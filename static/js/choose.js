// data-choose="name" on a link in a form ticks the boxes of that name, data-choose-none unticks them. Without JavaScript
// the link's own page comes with them ticked.
document.addEventListener("click", (event) => {
  const link = event.target.closest("form [data-choose]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const boxes = link.closest("form").querySelectorAll("input[type=checkbox]");
  for (const box of boxes) if (box.name === link.dataset.choose) box.checked = !("chooseNone" in link.dataset);
});
