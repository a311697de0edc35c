// button[data-upload] in a form with a picture field: sends the picture with its progress on show, and puts the answer's
// #pictures in place of the page's. Without JavaScript the button sends the whole form, and everything typed comes back.
const lineOf = (form) => form.querySelector("[data-upload-line]");

const say = (form, text, percent = null) => {
  const line = lineOf(form);
  line.hidden = false;
  const bar = line.querySelector("progress");
  bar.hidden = percent === null;
  if (percent !== null) bar.value = percent;
  line.querySelector("[data-upload-percent]").textContent = text;
};

const tooLarge = (field) => {
  const [file] = field.files;
  return file && file.size > Number(field.dataset.bytesMax) ? field.dataset.tooLarge : "";
};

const put = (form, request) => {
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  const pictures = answer.getElementById("pictures");
  if (!pictures && request.status === 409) { location.reload(); return; } // it stands otherwise by now
  if (!pictures && request.status >= 400) { say(form, form.querySelector("input[type=file]").dataset.failed); return; }
  if (!pictures) { location.assign(request.responseURL); return; }
  document.getElementById("pictures").replaceWith(document.adoptNode(pictures));
  const wrong = pictures.querySelector("[aria-invalid=true]");
  (wrong ?? [...pictures.querySelectorAll("input[data-alt]")].find((alt) => !alt.value))?.focus();
};

const send = (form, button, field) => {
  const request = new XMLHttpRequest();
  request.open("POST", button.formAction);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round(100 * event.loaded / event.total);
    say(form, `${percent.toLocaleString(document.documentElement.lang || undefined)} %`, percent);
  });
  const done = () => { button.disabled = false; button.removeAttribute("aria-busy"); };
  request.addEventListener("load", () => { done(); put(form, request); });
  request.addEventListener("error", () => { done(); say(form, field.dataset.failed); });
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  request.send(new FormData(form));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-upload]");
  const form = button?.form;
  const field = form?.querySelector("input[type=file]");
  if (!field?.files.length) return;
  event.preventDefault();
  const problem = tooLarge(field);
  if (problem) say(form, problem);
  else send(form, button, field);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("input[type=file][data-bytes-max]")) return;
  const problem = tooLarge(event.target);
  if (problem) say(event.target.form, problem);
  else lineOf(event.target.form).hidden = true;
});
