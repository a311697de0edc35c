// data-focus-here: where the focus goes when the page opens (an error summary, the next case's heading), unless the
// address names a place itself.
const target = location.hash ? null : document.querySelector("[data-focus-here]");
target?.focus({preventScroll: target.matches("h1, h2, h3")});
