// Dates and times as the reader's own zone and Slack's date formats have them.

const LOCALE = "en-US";

function parts(seconds, timeZone, options) {
  return new Intl.DateTimeFormat(LOCALE, { timeZone, ...options }).format(new Date(seconds * 1000));
}

export function clock(seconds, timeZone) {
  return parts(seconds, timeZone, { hour: "numeric", minute: "2-digit" });
}

export function dayKey(seconds, timeZone) {
  return parts(seconds, timeZone, { year: "numeric", month: "2-digit", day: "2-digit" });
}

function ordinal(day) {
  const tens = day % 100;
  if (tens >= 11 && tens <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function relativeDay(seconds, timeZone) {
  const now = Date.now() / 1000;
  const key = dayKey(seconds, timeZone);
  if (key === dayKey(now, timeZone)) return "today";
  if (key === dayKey(now - 86400, timeZone)) return "yesterday";
  if (key === dayKey(now + 86400, timeZone)) return "tomorrow";
  return null;
}

export function ago(seconds) {
  const format = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
  const passed = seconds - Date.now() / 1000;
  for (const [unit, size] of [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(passed) >= size) return format.format(Math.trunc(passed / size), unit);
  }
  return format.format(Math.trunc(passed), "second");
}

const long = (seconds, timeZone, weekday) => {
  const day = ordinal(Number(parts(seconds, timeZone, { day: "numeric" })));
  const month = parts(seconds, timeZone, { month: "long" });
  const named = weekday ? `${parts(seconds, timeZone, { weekday: "long" })}, ` : "";
  const year = parts(seconds, timeZone, { year: "numeric" });
  const thisYear = parts(Date.now() / 1000, timeZone, { year: "numeric" });
  return `${named}${month} ${day}${weekday || year !== thisYear ? `, ${year}` : ""}`;
};

const TOKENS = {
  date_num: (s, z) => new Intl.DateTimeFormat("en-CA", { timeZone: z }).format(new Date(s * 1000)),
  date: (s, z) => long(s, z, false),
  date_short: (s, z) => parts(s, z, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (s, z) => long(s, z, true),
  time: clock,
  time_secs: (s, z) => parts(s, z, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: (s) => ago(s),
};
for (const name of ["date", "date_short", "date_long"]) {
  TOKENS[`${name}_pretty`] = (s, z) => relativeDay(s, z) ?? TOKENS[name](s, z);
}
TOKENS.day_divider_pretty = TOKENS.date_long_pretty;

// Slack's date format (`{date_short_pretty} at {time}`), or null when a token is unknown.
export function formatted(seconds, format, timeZone) {
  if (!Number.isFinite(seconds)) return null;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!TOKENS[token]) known = false;
    return TOKENS[token]?.(seconds, timeZone) ?? whole;
  });
  if (!known) return null;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function dayLabel(seconds, timeZone) {
  const near = relativeDay(seconds, timeZone);
  return near ? near.charAt(0).toUpperCase() + near.slice(1) : long(seconds, timeZone, true).replace(/, \d{4}$/, "");
}

export function fullTime(seconds, timeZone) {
  return parts(seconds, timeZone, { dateStyle: "full", timeStyle: "long" });
}
