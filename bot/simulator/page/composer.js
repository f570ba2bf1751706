// The bar at the foot of a chat: words, photo, voice, mention, quote, and the ready-made sentences.

import { element } from "./element.js";

const LARGEST_PHOTO_BYTES = 20 * 1024 * 1024;

export class Composer {
  // `send(message)` gets text, voice, mention, quote and a photo (a File, or the path of one already there).
  // `mention` and `voice` say whether this chat has them; in a group the @ is there until somebody takes it away.
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.quoted = null;
    this.area = root.querySelector("textarea");
    this.mentionTool = root.querySelector(".mention");
    this.voiceTool = root.querySelector(".voice");
    this.photoMenu = root.querySelector(".photo-menu");
    this.mentionTool.hidden = !options.mention;
    this.voiceTool.hidden = !options.voice;
    this.attached = null;
    this.chipsShown = "";
    this.listen();
    this.rest();
  }

  listen() {
    const find = (selector) => this.root.querySelector(selector);
    find("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendWords();
    });
    this.area.addEventListener("keydown", (event) => {
      // 229 is the key code while an input method is still composing a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.sendWords();
    });
    this.area.addEventListener("input", () => this.fit());
    for (const tool of [this.mentionTool, this.voiceTool]) {
      tool.addEventListener("click", () => this.press(tool, tool.getAttribute("aria-pressed") !== "true"));
    }
    find(".unquote").addEventListener("click", () => this.quote(null));
    find(".unattach").addEventListener("click", () => this.attach(null));
    this.listenForPhotos(find);
  }

  listenForPhotos(find) {
    const file = find(".file");
    find(".photo").addEventListener("click", (event) => {
      event.stopPropagation();
      this.openPhotoMenu(this.photoMenu.hidden);
    });
    document.addEventListener("click", () => this.openPhotoMenu(false));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.openPhotoMenu(false);
    });
    find(".sample").addEventListener("click", () => this.attach(this.options.sample));
    find(".sample img").src = this.options.sample;
    find(".choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files.length) this.attachFile(file.files[0]);
      file.value = "";
    });
  }

  openPhotoMenu(open) {
    this.photoMenu.hidden = !open;
    this.root.querySelector(".photo").setAttribute("aria-expanded", String(open));
  }

  press(tool, down) {
    tool.setAttribute("aria-pressed", String(down));
    const speaking = this.speaking;
    this.area.placeholder = speaking ? "写下说的话，当作语音发出" : this.placeholder;
    this.root.classList.toggle("speaking", speaking);
    this.root.querySelector(".deaf").hidden = !this.options.mention || this.mentioning;
    if (down) this.area.focus();
  }

  get speaking() {
    return this.voiceTool.getAttribute("aria-pressed") === "true";
  }

  get mentioning() {
    return this.options.mention && this.mentionTool.getAttribute("aria-pressed") === "true";
  }

  get placeholder() {
    return this.mentioning ? "对随手拍说" : "输入消息";
  }

  get empty() {
    return this.area.value.trim() === "";
  }

  fit() {
    this.area.style.height = "auto";
    this.area.style.height = Math.min(this.area.scrollHeight + 2, 120) + "px";
  }

  sendWords() {
    if (this.empty && !this.attached) return;
    this.options.send({
      text: this.area.value.trim(),
      voice: this.speaking,
      mention: this.mentioning,
      quote: this.quoted ? this.quoted.id : null,
      photo: this.attached,
    });
    this.clear();
  }

  clear() {
    this.area.value = "";
    this.fit();
    this.rest();
    this.quote(null);
    this.attach(null);
  }

  // As the tools stand before anything is written.
  rest() {
    this.voiceTool.setAttribute("aria-pressed", "false");
    this.mentionTool.setAttribute("aria-pressed", String(this.options.mention));
    this.press(this.voiceTool, false);
  }

  attachFile(file) {
    if (file.size > LARGEST_PHOTO_BYTES) return this.options.complain("照片超过20MB，发不出去");
    return this.attach(file);
  }

  // A photo waits for its words: in a group only both together reach the robot.
  attach(photo) {
    this.attached = photo;
    const place = this.root.querySelector(".attached");
    place.hidden = !photo;
    if (!photo) return;
    const name = photo instanceof Blob ? photo.name : "示例照片";
    place.querySelector(".attached-name").textContent = "照片：" + name + (this.options.mention ? "，和话一起发" : "");
    this.area.focus();
  }

  quote(message) {
    this.quoted = message;
    this.root.querySelector(".quoting").hidden = !message;
    if (!message) return;
    const words = message.text || "[图片]";
    this.root.querySelector(".quoting-words").textContent = "引用 " + message.nick + "：" + words;
    this.area.focus();
  }

  // Ready-made messages: {label, text, photo, aloof}. Redrawn only when they changed, so that a tap never misses.
  offer(chips) {
    const shown = JSON.stringify(chips);
    if (shown === this.chipsShown) return;
    this.chipsShown = shown;
    const place = this.root.querySelector(".chips");
    place.textContent = "";
    place.hidden = chips.length === 0;
    for (const chip of chips) {
      const button = element("button", "chip", chip.label || chip.text);
      button.type = "button";
      button.addEventListener("click", () => this.offerTaken(chip));
      place.append(button);
    }
  }

  // A ready-made message goes out at once, called to the robot unless it is meant for the neighbours.
  offerTaken(chip) {
    const mention = this.options.mention && !chip.aloof;
    this.options.send({ text: chip.text, photo: chip.photo || null, mention });
  }
}
