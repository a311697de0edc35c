// A toast stays 8 seconds, longer while it has the focus or the pointer. It is put in after the page is there, so that
// it is read out.
const STAYS_MS = 8000;

const run = (toast) => {
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), STAYS_MS); };
  const hold = () => clearTimeout(timer);
  for (const [begin, end] of [["mouseenter", "mouseleave"], ["focusin", "focusout"]]) {
    toast.addEventListener(begin, hold);
    toast.addEventListener(end, () => { hold(); start(); });
  }
  start();
};

for (const stack of document.querySelectorAll("[data-toasts]")) {
  const toasts = [...stack.children];
  stack.replaceChildren();
  setTimeout(() => { stack.append(...toasts); toasts.forEach(run); }, 100);
}
