// <time datetime data-until>: the time left in whole minutes, rounded down, never more than there is; worded as by the
// server.
const lang = document.documentElement.lang || "en";
const say = (value, unit) =>
  new Intl.NumberFormat(lang === "en" ? "en-GB" : lang, {style: "unit", unit, unitDisplay: "short"}).format(value);

const words = (left_s) => {
  const [days, hours, minutes] = [left_s / 86400, left_s % 86400 / 3600, left_s % 3600 / 60].map(Math.floor);
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
