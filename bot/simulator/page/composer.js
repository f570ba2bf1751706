// The bar at the foot of a chat: words, photo, voice, mention, quote, and the ready-made sentences.

import { element } from "./bubble.js";

const LARGEST_PHOTO_BYTES = 20 * 1024 * 1024;

export class Composer {
  // `send(message)` gets text, voice, mention, quote and a photo (a File, or the path of one already there).
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.quoted = null;
    this.area = root.querySelector("textarea");
    this.mentionTool = root.querySelector(".mention");
    this.voiceTool = root.querySelector(".voice");
    this.photoMenu = root.querySelector(".photo-menu");
    this.mentionTool.hidden = !options.mention;
    this.chipsShown = "";
    this.listen();
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
    find(".sample").addEventListener("click", () => this.options.send({ photo: this.options.sample }));
    find(".sample img").src = this.options.sample;
    find(".choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files.length) this.sendFile(file.files[0]);
      file.value = "";
    });
  }

  openPhotoMenu(open) {
    this.photoMenu.hidden = !open;
    this.root.querySelector(".photo").setAttribute("aria-expanded", String(open));
  }

  press(tool, down) {
    tool.setAttribute("aria-pressed", String(down));
    const speaking = this.voiceTool.getAttribute("aria-pressed") === "true";
    this.area.placeholder = speaking ? "写下说的话，当作语音发出" : "输入消息";
    this.root.classList.toggle("speaking", speaking);
    if (down) this.area.focus();
  }

  get empty() {
    return this.area.value.trim() === "";
  }

  fit() {
    this.area.style.height = "auto";
    this.area.style.height = Math.min(this.area.scrollHeight + 2, 120) + "px";
  }

  sendWords() {
    if (this.empty) return;
    this.options.send({
      text: this.area.value.trim(),
      voice: this.voiceTool.getAttribute("aria-pressed") === "true",
      mention: this.mentionTool.getAttribute("aria-pressed") === "true",
      quote: this.quoted ? this.quoted.id : null,
    });
    this.area.value = "";
    this.fit();
    this.press(this.voiceTool, false);
    this.press(this.mentionTool, false);
    this.quote(null);
  }

  sendFile(file) {
    if (file.size > LARGEST_PHOTO_BYTES) return this.options.complain("照片超过20MB,发不出去");
    return this.options.send({ photo: file });
  }

  quote(message) {
    this.quoted = message;
    this.root.querySelector(".quoting").hidden = !message;
    if (!message) return;
    const words = message.text || "[图片]";
    this.root.querySelector(".quoting-words").textContent = "引用 " + message.nick + "：" + words;
    this.area.focus();
  }

  // Ready-made messages: {label, text} or {label, photo}. Redrawn only when they changed, so that a tap never misses.
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
      button.addEventListener("click", () => this.options.send({ text: chip.text || "", photo: chip.photo || null }));
      place.append(button);
    }
  }
}
