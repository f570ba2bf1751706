// One message as the page shows it.

import { cardElement } from "./card.js";
import { element } from "./element.js";

const COLOURS = ["#4a6fa5", "#7a5c99", "#a0563b", "#3f7d6b", "#8a6d1f", "#9b4668", "#5b6b2f", "#4b5f73"];
const DAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
const DAY_MS = 86400000;
const CHINA_MS = 8 * 3600000;

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
function words(text, mentioned) {
  const made = element("p", "words");
  if (mentioned) made.append(element("b", "at", "@随手拍"), " ");
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

function bubble(message, press) {
  const made = element("div", "bubble");
  if (message.card) {
    made.classList.add("with-card");
    made.append(cardElement(message.card, press));
    return made;
  }
  if (message.kind === "voice") made.append(voice(message.text));
  if (message.photo) made.append(picture(message.photo, message.nick));
  if (message.text && message.kind !== "voice") made.append(words(message.text, message.mentioned));
  if (message.photo && !message.text) made.classList.add("bare");
  return made;
}

// What became of a message on its way, where that is worth saying.
function fate(message) {
  const unheard = message.mentioned ? "只有照片没有话，" : "没有 @随手拍，";
  const words = { not_delivered: unheard + "企业微信不送给它", lost: "没有送到：机器人没有响应" };
  return words[message.fate] ? element("p", "fate " + message.fate, words[message.fate]) : null;
}

function more() {
  const made = element("button", "more", "⋯");
  made.type = "button";
  made.setAttribute("aria-label", "引用");
  made.setAttribute("aria-haspopup", "menu");
  return made;
}

function nickLine(message, title) {
  const made = element("div", "nick", message.nick);
  if (title && title !== "居民") made.append(element("span", "tag", title));
  return made;
}

// `title` is the office of the speaker; `mine` says on which side the bubble stands; `press` is for cards.
export function messageElement(message, { mine, title, press, quotable }) {
  if (message.recalled) {
    return element("div", "aside", (mine ? "你" : "“" + message.nick + "”") + "撤回了一条消息");
  }
  const row = element("div", "row" + (mine ? " mine" : "") + (message.from_bot ? " bot" : ""));
  const body = element("div", "body");
  const line = element("div", message.card ? "line wide-line" : "line");
  line.append(bubble(message, press));
  if (quotable && !message.card) line.append(more());
  body.append(nickLine(message, title), line);
  if (message.kind === "voice") body.append(element("p", "transcript", message.text));
  if (message.quote) body.append(element("p", "quoted", message.quote.nick + "：" + message.quote.text));
  const became = message.from_bot ? null : fate(message);
  if (became) body.append(became);
  const face = avatar(message);
  face.setAttribute("aria-hidden", "true");
  row.append(face, body);
  return row;
}
