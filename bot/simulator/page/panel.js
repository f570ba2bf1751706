// One chat: its messages, its bar, and how new messages come in.

import { getMessages, press, say, upload } from "./api.js";
import { messageElement, timeLabel } from "./bubble.js";
import { Composer } from "./composer.js";
import { element } from "./element.js";
import { offerMenu } from "./menu.js";

const SILENCE_SECONDS = 300;
const NEAR_END_PX = 120;

export class Panel {
  // `titleOf` gives the office of a person, `now` the platform's time; `sent` is called when something went out.
  constructor(root, options) {
    this.root = root;
    this.options = options;
    root.append(document.getElementById("panel-template").content.cloneNode(true));
    this.log = root.querySelector(".log");
    this.newer = root.querySelector(".newer");
    this.composer = new Composer(root.querySelector(".composer"), {
      ...options,
      send: (message) => this.send(message),
    });
    this.newer.addEventListener("click", () => this.toEnd());
    this.stickToEnd();
    offerMenu(this.log, (id) => this.actionsFor(id));
    this.chat = null;
  }

  // Whoever reads at the end stays there: when a photo loads, when the bar grows, when the tab is opened.
  stickToEnd() {
    this.log.addEventListener("scroll", () => {
      if (!this.log.clientHeight) return;
      this.sticking = this.nearEnd();
      if (this.sticking) this.newer.hidden = true;
    });
    const stay = () => this.sticking && this.toEnd();
    this.log.addEventListener("load", stay, true);
    new ResizeObserver(stay).observe(this.log);
  }

  // Show another chat, or the same one through another person's eyes.
  show(chat, speaker, titles) {
    this.root.querySelector(".title").textContent = titles.title;
    this.root.querySelector(".subtitle").textContent = titles.subtitle || "";
    this.hint = titles.hint;
    if (this.chat === chat && this.speaker === speaker) return;
    Object.assign(this, { chat, speaker, revision: 0, lastTime: 0, sticking: true });
    this.messages = new Map();
    this.rows = new Map();
    this.log.textContent = "";
    this.log.append(element("div", "aside hint", this.hint));
    this.composer.quote(null);
  }

  async pull() {
    const chat = this.chat;
    const speaker = this.speaker;
    const news = await getMessages(chat, this.revision);
    if (chat !== this.chat || speaker !== this.speaker) return;
    let added = 0;
    for (const message of news) added += this.place(message);
    if (!added) return;
    const own = news.some((message) => message.sender === this.speaker);
    if (this.sticking || own) this.toEnd();
    else this.newer.hidden = false;
  }

  // Put one message into the chat; 1 when it was not there before.
  place(message) {
    const known = this.messages.get(message.id);
    // Two answers may overtake each other on the way.
    if (known && known.revision >= message.revision) return 0;
    this.revision = Math.max(this.revision, message.revision);
    this.messages.set(message.id, message);
    const row = messageElement(message, {
      mine: message.sender === this.speaker,
      title: this.options.titleOf(message.sender),
      press: (key, chosen) => this.press(message, key, chosen),
      quotable: this.options.quote,
    });
    row.dataset.id = message.id;
    const old = this.rows.get(message.id);
    this.rows.set(message.id, row);
    if (old) {
      old.replaceWith(row);
      return 0;
    }
    if (message.sent_at - this.lastTime > SILENCE_SECONDS) {
      this.log.append(element("div", "aside", timeLabel(message.sent_at, this.options.now())));
    }
    this.lastTime = message.sent_at;
    this.log.append(row);
    return 1;
  }

  async send(message) {
    const to = { person: this.speaker, chat: this.chat };
    try {
      let photo = message.photo || null;
      if (photo instanceof Blob) photo = (await upload(photo)).photo;
      const answer = say({ ...to, ...message, photo });
      this.options.sent();
      await answer;
    } catch (error) {
      this.options.complain("没有发出去，请再试一次");
    }
    this.options.sent();
  }

  async press(message, key, chosen) {
    try {
      const answer = press({ person: this.speaker, message: Number(message.id), key, chosen });
      this.options.sent();
      await answer;
    } catch (error) {
      this.options.complain("没有点上，请再试一次");
    }
    this.options.sent();
  }

  actionsFor(id) {
    const message = this.messages.get(id);
    if (!this.options.quote || !message || message.recalled || message.card) return {};
    return { quote: () => this.composer.quote(message) };
  }

  // The words of the bot in this chat, newest first.
  botWords() {
    return Array.from(this.messages.values())
      .filter((message) => message.from_bot)
      .map((message) => message.text)
      .reverse();
  }

  nearEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.newer.hidden = true;
  }
}
