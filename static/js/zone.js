// data-zone on a select: proposes this device's time zone, unless it doesn't know one or the form came back with errors.
const select = document.querySelector("select[data-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (select && zone && zone !== "UTC" && !document.querySelector(".error") && [...select.options].some((each) => each.value === zone)) select.value = zone;
