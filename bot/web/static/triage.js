// One key decides: the key shown on a button presses it. Held down it counts once, and typing in a field is typing.
(function () {
  "use strict";
  var card = document.querySelector(".deciding");
  if (card) {
    card.focus();
  }
  document.addEventListener("keydown", function (event) {
    var key = event.key.toLowerCase();
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    var button = /^[0-9a-z]$/.test(key) ? document.querySelector('[data-key="' + key + '"]') : null;
    if (button) {
      event.preventDefault();
      button.click();
    }
  });
})();
