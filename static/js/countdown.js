// <time datetime data-until>: the time left, in whole minutes, rounded down: never more than there is. Says it as the server does.
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang || "en-GB";
const say = (value, unit) => new Intl.NumberFormat(locale, {style: "unit", unit, unitDisplay: "short"}).format(value);

const words = (left_s) => {
  const days = Math.floor(left_s / 86400), hours = Math.floor(left_s % 86400 / 3600), minutes = Math.floor(left_s % 3600 / 60);
  if (days >= 3) return say(days, "day");
  const parts = days ? [[days, "day"], [hours, "hour"]] : [[hours, "hour"], [minutes, "minute"]];
  return parts.filter(([value]) => value).map(([value, unit]) => say(value, unit)).join(" ");
};

const tick = () => {
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left_s = (new Date(time.dateTime) - Date.now()) / 1000;
    if (left_s >= 60) time.textContent = words(left_s); // the last minute keeps the server's words
  }
};
setInterval(tick, 60_000);
addEventListener("pageshow", (event) => { if (event.persisted) tick(); });
