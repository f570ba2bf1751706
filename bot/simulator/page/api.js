// The simulator's HTTP interface as the page uses it.

async function ask(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) {
    const error = new Error(path + " " + response.status);
    error.status = response.status;
    throw error;
  }
  return response.json();
}

function post(path, content) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
}

export const getCast = () => ask("/api/cast");
export const getConversations = () => ask("/api/conversations");
export const getMessages = (chat, after) =>
  ask("/api/conversations/" + encodeURIComponent(chat) + "/messages?after=" + after);
export const say = (message) => post("/api/say", message);
export const press = (button) => post("/api/press", button);
export const upload = (file) => ask("/api/photo", { method: "POST", body: file });
