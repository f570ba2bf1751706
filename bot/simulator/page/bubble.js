// One message as the page shows it. People's words only ever enter the page as text, never as markup.

const COLOURS = ["#4a6fa5", "#7a5c99", "#a0563b", "#3f7d6b", "#8a6d1f", "#9b4668", "#5b6b2f", "#4b5f73"];
const DAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
const DAY_MS = 86400000;
const CHINA_MS = 8 * 3600000;

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// All times are shown as in China, wherever the browser believes it is.
export function timeLabel(seconds, nowMs) {
  const then = new Date(seconds * 1000 + CHINA_MS);
  const days = Math.floor((nowMs + CHINA_MS) / DAY_MS) - Math.floor(then.getTime() / DAY_MS);
  const clock = String(then.getUTCHours()).padStart(2, "0") + ":" + String(then.getUTCMinutes()).padStart(2, "0");
  if (days <= 0) return clock;
  if (days === 1) return "昨天 " + clock;
  if (days < 7) return DAYS[then.getUTCDay()] + " " + clock;
  return then.getUTCMonth() + 1 + "月" + then.getUTCDate() + "日 " + clock;
}

function avatar(message) {
  if (message.from_bot) return element("span", "avatar bot-avatar", "拍");
  const chinese = message.nick.match(/[\u4e00-\u9fff]/);
  const made = element("span", "avatar", chinese ? chinese[0] : message.nick.charAt(0).toUpperCase());
  let sum = 0;
  for (const letter of message.sender) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  made.style.backgroundColor = COLOURS[sum % COLOURS.length];
  return made;
}

// The words, with addresses made into links.
function words(text) {
  const made = element("p", "words");
  for (const piece of text.split(/(https?:\/\/[\w\-.~:/?#@!$&*+=%]+)/)) {
    if (!/^https?:\/\//.test(piece)) {
      made.append(piece);
      continue;
    }
    const link = element("a", "", piece);
    link.href = piece;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    made.append(link);
  }
  return made;
}

function picture(path, nick) {
  const link = element("a", "picture");
  link.href = path;
  link.target = "_blank";
  link.rel = "noopener";
  const image = element("img");
  image.alt = nick + "发的照片";
  image.addEventListener("error", () => link.replaceWith(element("p", "broken", "照片打不开")));
  image.src = path;
  link.append(image);
  return link;
}

function voice(text) {
  const length = Math.min(60, Math.max(2, Math.ceil(text.length / 4)));
  const made = element("p", "voice-bar");
  made.append(document.getElementById("voice-icon").content.cloneNode(true), length + "″");
  made.style.width = 70 + length * 3 + "px";
  return made;
}

function bubble(message) {
  const made = element("div", "bubble");
  if (message.kind === "voice") made.append(voice(message.text));
  if (message.photo) made.append(picture(message.photo, message.nick));
  if (message.text && message.kind !== "voice") made.append(words(message.text));
  if (message.kind === "image") made.classList.add("bare");
  return made;
}

function state(message) {
  const faults = { lost: "机器人没有响应，试了3次", refused: "机器人拒绝了这条消息" };
  if (message.delivery === "sending") return element("span", "spinner");
  const made = element("span", "fault", "!");
  made.title = faults[message.delivery];
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", made.title);
  return made;
}

function more() {
  const made = element("button", "more", "⋯");
  made.type = "button";
  made.setAttribute("aria-label", "引用或撤回");
  made.setAttribute("aria-haspopup", "menu");
  return made;
}

function nickLine(message, title) {
  const made = element("div", "nick", message.nick);
  if (title && title !== "居民") made.append(element("span", "tag", title));
  return made;
}

// `title` is the office of the speaker; `mine` says on which side the bubble stands.
export function messageElement(message, mine, title) {
  if (message.recalled) {
    return element("div", "aside", (mine ? "你" : "“" + message.nick + "”") + "已撤回一条消息");
  }
  const row = element("div", "row" + (mine ? " mine" : "") + (message.from_bot ? " bot" : ""));
  const body = element("div", "body");
  const line = element("div", "line");
  line.append(bubble(message));
  if (message.delivery !== "taken") line.append(state(message));
  line.append(more());
  body.append(nickLine(message, title), line);
  if (message.kind === "voice") body.append(element("p", "transcript", message.text));
  if (message.quote) body.append(element("p", "quoted", message.quote.nick + "：" + message.quote.text));
  const face = avatar(message);
  face.setAttribute("aria-hidden", "true");
  row.append(face, body);
  return row;
}
