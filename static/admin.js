// The names that Django's widgets lack for people who cannot see what stands beside them.
function nameWidgets() {
  for (const icon of document.querySelectorAll("#changelist-search img")) {
    icon.alt = icon.closest("form").querySelector("[type=submit]").value;
  }
  for (const input of document.querySelectorAll(".datetime input")) {
    const title = input.closest("fieldset")?.querySelector("legend")?.textContent ?? "";
    const part = input.previousSibling?.textContent ?? "";
    input.setAttribute("aria-label", `${title} ${part}`.trim());
  }
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) {
    icon.setAttribute("role", "img");
  }
  for (const box of document.querySelectorAll(".select2-selection")) {
    const field = box.closest(".select2").previousElementSibling;
    const label = document.querySelector(`label[for="${field.id}"]`)?.textContent ?? "";
    box.setAttribute("aria-label", label);
    box.querySelector("[role=textbox]")?.setAttribute("aria-label", label);
  }
}

// Some widgets are made when jQuery is ready, some at the load: this comes after both.
addEventListener("load", () => (window.django?.jQuery ?? ((run) => run()))(nameWidgets));
