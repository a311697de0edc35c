// data-zone on a select: proposes this device's time zone, unless the person has chosen one.
const select = document.querySelector("select[data-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (select && zone && !document.querySelector(".error") && [...select.options].some((each) => each.value === zone)) select.value = zone;
