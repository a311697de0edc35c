// data-count-of="id" data-max="500": how many characters are left.
// data-fill="id" data-fill-text="…": a choice that proposes a text, unless the person has written their own.
const count = (counter) => {
  const field = document.getElementById(counter.dataset.countOf);
  if (!field) return;
  const left = Number(counter.dataset.max) - [...field.value].length;
  counter.textContent = left.toLocaleString(document.documentElement.lang || undefined);
  counter.classList.toggle("over", left < 0);
  counter.hidden = false;
};
const counters = document.querySelectorAll("[data-count-of]");
counters.forEach(count);
document.addEventListener("input", (event) => {
  for (const counter of counters) if (counter.dataset.countOf === event.target.id) count(counter);
});

const fill = (source) => {
  const field = document.getElementById(source?.dataset.fill);
  if (!field || (field.value && field.value !== field.dataset.filled)) return;
  field.value = field.dataset.filled = source.dataset.fillText;
  field.dispatchEvent(new Event("input", {bubbles: true}));
};
document.addEventListener("change", (event) => fill(event.target.selectedOptions?.[0] ?? event.target));
document.addEventListener("click", (event) => fill(event.target.closest("button[data-fill]")));
