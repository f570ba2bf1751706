// The page as a whole: who speaks, which chats are shown, what is new.

import { getCast, getConversations } from "./api.js";
import { groupChips, numberIn, residentChips, staffChips } from "./chips.js";
import { GroupList, fillSelect, peopleOf, staffOptions } from "./lists.js";
import { Panel } from "./panel.js";

const POLL_MS = 1000;
const NOTICE_MS = 3000;
const GUIDE = [
  "试一试",
  "① 在群里 @随手拍 说一件事（点下面的①）",
  "② 在「网格员私聊」里点卡片「接单」，再办结",
  "③ 在「我的私聊」里回：解决了",
  "企业微信的规矩：群里不 @随手拍，它听不到",
].join("\n");
const TABS = ["group", "mine", "staff"];
const wide = window.matchMedia("(min-width: 1024px)");
const $ = (id) => document.getElementById(id);
const state = { started: null, tab: "group", chosen: {}, chats: new Map(), seen: new Map(), panels: {}, noticeUntil: 0, now: 0 };
let timer = 0;
let polling = false;

const groupChat = () => "group:" + state.chosen.group;
const robotChat = (id) => state.cast.robot + id;
const appChat = (id) => state.cast.app + id;
const now = () => state.now * 1000;
const CHATS = {
  group: groupChat,
  mine: () => robotChat(state.chosen.me),
  staff: () => appChat(state.chosen.staff),
};
const chatOf = (tab) => CHATS[tab]();
const person = (id) => state.cast.people.find((p) => p.id === id);
const group = () => state.cast.groups.find((g) => g.id === state.chosen.group);

// A line at the top; it stays for a while even when the next poll goes well.
function complain(words) {
  $("notice").textContent = words;
  $("notice").hidden = false;
  state.noticeUntil = Date.now() + NOTICE_MS;
}

function beQuiet() {
  if (Date.now() > state.noticeUntil) $("notice").hidden = true;
}

// --- choosing ---------------------------------------------------------------------------------------------------

function chooseGroup(id) {
  if (state.chosen.group) state.staffByHand = false;
  state.chosen.group = id;
  const people = peopleOf(state.cast, id);
  if (!people.some((p) => p.id === state.chosen.me)) state.chosen.me = people.length ? people[0].id : "";
  fillSelect($("pick-me"), [{ label: "", people }]);
  fillSelect(state.staffSelect, staffOptions(state.cast, id));
  if (!state.staffByHand) state.chosen.staff = likelyStaff();
  refresh();
}

// The member of staff to show: who serves this group and heard from the bot last, else who heard last, else the first.
function likelyStaff() {
  const options = staffOptions(state.cast, state.chosen.group);
  for (const part of options) {
    const busy = part.people.filter((p) => state.chats.has(appChat(p.id)));
    busy.sort((a, b) => state.chats.get(appChat(b.id)).revision - state.chats.get(appChat(a.id)).revision);
    if (busy.length) return busy[0].id;
  }
  const first = options.find((part) => part.people.length);
  return first ? first.people[0].id : "";
}

function refresh() {
  const { group: groupId, me, staff } = state.chosen;
  const [mine, official] = [person(me), person(staff)];
  $("pick-me").value = me;
  $("pick-group").value = groupId;
  state.staffSelect.value = staff;
  state.panels.group.show(groupChat(), me, {
    title: group().name,
    subtitle: "(" + peopleOf(state.cast, groupId).length + ")",
    hint: GUIDE,
  });
  state.panels.mine.show(chatOf("mine"), me, {
    title: "我的私聊",
    subtitle: mine ? mine.nick : "",
    hint: "这里是" + (mine ? mine.nick : "") + "和随手拍机器人的单聊。办完后在这里确认：解决了没有。",
  });
  state.panels.staff.show(chatOf("staff"), staff, {
    title: "网格员私聊",
    hint: "这里是" + (official ? official.title + official.nick : "网格员") + "和随手拍应用的单聊。有人上报后，任务卡片会发到这里。",
  });
  state.list.select(groupId);
  const kept = { group: groupId, me, ...(state.staffByHand ? { staff } : {}) };
  history.replaceState(null, "", "#" + new URLSearchParams(kept));
  selectTab(state.tab);
  soon();
}

function selectTab(name) {
  state.tab = name;
  for (const tab of TABS) {
    $("tab-" + tab).setAttribute("aria-selected", String(tab === name));
    $("panel-" + tab).classList.toggle("shown", tab === name);
  }
  showUnread();
}

// --- what is new ------------------------------------------------------------------------------------------------

function unread(chat) {
  const known = state.chats.get(chat);
  return known ? Math.max(0, known.total - (state.seen.get(chat) || 0)) : 0;
}

// Whichever member of staff has to look: the line under the tab leads to the right one.
function unreadOfStaff() {
  const staff = state.cast.people.filter((p) => p.kind === "staff");
  return staff.reduce((sum, p) => sum + unread(appChat(p.id)), 0);
}

function showBadge(badge, count) {
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? "99+" : count;
  badge.setAttribute("aria-label", count + "条未读");
}

function showUnread() {
  for (const tab of TABS) {
    if (wide.matches || tab === state.tab) markSeen(chatOf(tab));
    showBadge($("tab-" + tab).querySelector(".badge"), tab === "staff" ? unreadOfStaff() : unread(chatOf(tab)));
  }
  state.list.update(state.chats, (id) => unread("group:" + id), now());
  for (const option of state.staffSelect.options) {
    const count = unread(appChat(option.value));
    const text = option.dataset.name + (count ? " · " + count + "条新消息" : "");
    if (option.textContent !== text) option.textContent = text;
  }
  showOtherStaff();
}

function markSeen(chat) {
  const known = state.chats.get(chat);
  if (known && !document.hidden) state.seen.set(chat, known.total);
}

// A line that says which other member of staff got a message, and leads there.
function showOtherStaff() {
  const waiting = state.cast.people.filter((p) => p.kind === "staff" && unread(appChat(p.id)));
  const other = waiting.find((p) => p.id !== state.chosen.staff);
  state.otherStaff.hidden = !other;
  if (!other) return;
  state.otherStaff.dataset.id = other.id;
  state.otherStaff.textContent = other.title + other.nick + "有" + unread(appChat(other.id)) + "条新消息，去看看 ›";
}

function chooseStaff(id) {
  state.staffByHand = true;
  state.chosen.staff = id;
  refresh();
}

async function poll() {
  if (polling) return soon();
  polling = true;
  clearTimeout(timer);
  try {
    await pullNews();
    beQuiet();
  } catch (error) {
    complain("连接断开，正在重连…");
  }
  polling = false;
  timer = setTimeout(poll, POLL_MS);
  return undefined;
}

async function pullNews() {
  const answer = await getConversations();
  if (state.started && state.started !== answer.started) return location.reload();
  const first = !state.started;
  state.started = answer.started;
  state.now = answer.now;
  for (const chat of answer.conversations) {
    state.chats.set(chat.id, chat);
    if (first) state.seen.set(chat.id, chat.total);
  }
  followStaff();
  const changed = TABS.map((tab) => state.panels[tab]).filter((panel) => {
    const known = state.chats.get(panel.chat);
    return known && known.revision > panel.revision;
  });
  await Promise.all(changed.map((panel) => panel.pull()));
  showUnread();
  return offerChips();
}

// Whoever gets the first task is shown, unless somebody is typing there or chose otherwise.
function followStaff() {
  const heard = state.chats.has(appChat(state.chosen.staff));
  if (state.staffByHand || heard || !state.panels.staff.composer.empty) return;
  const likely = likelyStaff();
  if (likely === state.chosen.staff) return;
  state.chosen.staff = likely;
  refresh();
}

function offerChips() {
  const { group: common, mine, staff } = state.panels;
  const commonNumber = numberIn(common.botWords());
  common.composer.offer(groupChips(group().name, state.cast.sample, commonNumber));
  mine.composer.offer(residentChips(numberIn(mine.botWords()) || commonNumber));
  staff.composer.offer(staffChips(numberIn(staff.botWords())));
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(poll, 80);
}

// --- start ------------------------------------------------------------------------------------------------------

function build() {
  const titles = new Map(state.cast.people.map((p) => [p.id, p.title]));
  const options = { sample: state.cast.sample, complain, sent: soon, now, titleOf: (id) => titles.get(id) };
  // What each chat has at WeCom: the app is told of no quote, and gets voices without their words.
  const has = {
    group: { mention: true, quote: true, voice: false },
    mine: { mention: false, quote: true, voice: true },
    staff: { mention: false, quote: false, voice: false },
  };
  for (const tab of TABS) {
    state.panels[tab] = new Panel($("panel-" + tab), { ...options, ...has[tab] });
    $("tab-" + tab).addEventListener("click", () => selectTab(tab));
  }
  const head = $("panel-staff").querySelector(".head");
  state.staffSelect = head.appendChild(document.createElement("select"));
  state.staffSelect.setAttribute("aria-label", "选择网格员");
  state.otherStaff = document.createElement("button");
  state.otherStaff.type = "button";
  state.otherStaff.className = "other-staff";
  head.after(state.otherStaff);
  state.list = new GroupList($("groups"), state.cast.groups, chooseGroup);
  fillSelect($("pick-group"), [{ label: "", people: state.cast.groups.map((g) => ({ id: g.id, nick: g.name })) }]);
}

function listen() {
  $("pick-me").addEventListener("change", (event) => {
    state.chosen.me = event.target.value;
    refresh();
  });
  $("pick-group").addEventListener("change", (event) => chooseGroup(event.target.value));
  state.staffSelect.addEventListener("change", (event) => chooseStaff(event.target.value));
  state.otherStaff.addEventListener("click", () => chooseStaff(state.otherStaff.dataset.id));
  document.addEventListener("visibilitychange", soon);
  // Frames around what has the focus are for the keyboard only; Chrome 78 has no :focus-visible.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") document.body.classList.add("by-keyboard");
  });
  document.addEventListener("pointerdown", () => document.body.classList.remove("by-keyboard"));
  window.addEventListener("resize", showUnread);
}

async function start() {
  state.cast = await getCast();
  build();
  listen();
  const wished = new URLSearchParams(location.hash.slice(1));
  state.chosen.me = wished.get("me");
  state.staffByHand = state.cast.people.some((p) => p.kind === "staff" && p.id === wished.get("staff"));
  if (state.staffByHand) state.chosen.staff = wished.get("staff");
  const known = state.cast.groups.find((g) => g.id === wished.get("group"));
  if (state.cast.groups.length) chooseGroup((known || state.cast.groups[0]).id);
}

start().catch(() => complain("打不开，请刷新页面"));
