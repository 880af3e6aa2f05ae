// Shows the answer while it is written. Without this module the form sends the message and shows the whole answer.
const form = /** @type {HTMLFormElement} */ (document.getElementById("chat"));

function bubble(role, name, text) {
    const item = document.createElement("li");
    const head = document.createElement("span");
    const body = document.createElement("div");
    item.className = role;
    head.className = "role";
    head.textContent = name;
    body.className = "text plain-text";
    body.dir = "auto";
    body.textContent = text;
    item.append(head, body);
    document.getElementById("turns").append(item);
    return body;
}

async function* pieces(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) { return; }
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) {
            const data = line.startsWith("data:") ? line.slice(5).trim() : "";
            if (data === "" || data === "[DONE]") { continue; }
            const event = JSON.parse(data);
            if (event.error) { throw new Error(event.error.message); }
            yield event.choices?.[0]?.delta?.content ?? "";
        }
    }
}

async function send() {
    const message = form.message.value.trim();
    const button = form.querySelector("button");
    const turns = [...JSON.parse(form.transcript.value), { role: "user", content: message }];
    document.getElementById("chat-empty")?.remove();
    bubble("user", form.dataset.you, message);
    const answer = bubble("assistant", form.dataset.model, "…");
    form.message.value = "";
    button.disabled = true;
    let text = "";
    try {
        const token = /** @type {HTMLInputElement} */ (form.querySelector('input[name="__RequestVerificationToken"]')).value;
        const response = await fetch("/chat/stream", { method: "POST", headers: { "Content-Type": "application/json", "X-Csrf": token }, body: JSON.stringify({ model: form.model.value, turns }) });
        if (!response.ok) { throw new Error(String(response.status)); }
        for await (const piece of pieces(response)) {
            text += piece;
            answer.textContent = text;
        }
        form.transcript.value = JSON.stringify([...turns, { role: "assistant", content: text }]);
    } catch {
        answer.textContent = form.dataset.failed;
        answer.parentElement.classList.add("failed");
        form.message.value = message;
    } finally {
        button.disabled = false;
        form.message.focus();
    }
}

if (form) {
    form.addEventListener("submit", event => { event.preventDefault(); if (form.message.value.trim() !== "") { send(); } });
    form.message.addEventListener("keydown", event => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } });
}
